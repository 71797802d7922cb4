// The ways to the server, all of them on this host and relative to the page.

const at = (path) => new URL(path, document.baseURI).href;

/** A failure that the page can put into words: `kind` is "busy", "offline", "gone" or "failed". */
export class Trouble extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

async function reach(path, options = {}) {
  let response;
  try {
    response = await fetch(at(path), options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble("offline");
  }
  if (response.status === 503 || response.status === 429) throw new Trouble("busy");
  if (response.status === 404) throw new Trouble("gone");
  if (!response.ok) throw new Trouble("failed");
  return response;
}

const posted = (body, signal) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
  signal,
});

export const readStart = async () => (await reach("api/start")).json();

export const readDocument = async (doc) =>
  (await reach(`api/documents/${doc.split("/").map(encodeURIComponent).join("/")}`)).json();

export const originalOf = (doc) => at(`api/original/${doc.split("/").map(encodeURIComponent).join("/")}`);

/** Has quotes re-read from the store; how each stands now, in order. */
export const check = async (claims) => (await (await reach("api/check", posted({ claims }))).json()).claims;

/** Asks through Gradio's queue and waits for the one answer. */
export async function ask({ question, history, documents }, signal) {
  const joined = await reach("gradio_api/call/v2/ask", posted({ question, history, documents }, signal));
  const { event_id: id } = await joined.json();
  const stream = await reach(`gradio_api/call/v2/ask/${encodeURIComponent(id)}`, { signal });
  for await (const { event, data } of events(stream)) {
    if (event === "complete") return data[0];
    if (event === "error") throw new Trouble("failed");
  }
  throw new Trouble("offline");
}

async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Trouble("offline");
    }
    if (part.done) return;
    waiting += part.value;
    const whole = waiting.split("\n\n");
    waiting = whole.pop();
    for (const message of whole) {
      const event = /^event: (.*)$/m.exec(message)?.[1] ?? "";
      const data = /^data: (.*)$/m.exec(message)?.[1];
      yield { event, data: data ? JSON.parse(data) : null };
    }
  }
}
