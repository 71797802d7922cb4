// The ways to the server, all of them on this host and relative to the page.
import { strings } from "./strings.js";

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

/** Which documents' files are no longer what was indexed, and which files could not be read. */
export const readStates = async () => (await reach("api/states")).json();

export const readDocument = async (doc) =>
  (await reach(`api/documents/${doc.split("/").map(encodeURIComponent).join("/")}`)).json();

export const originalOf = (doc) => at(`api/original/${doc.split("/").map(encodeURIComponent).join("/")}`);

/** Has quotes re-read from the store; how each stands now, in order. */
export const check = async (claims) => (await (await reach("api/check", posted({ claims }))).json()).claims;

/** Tells what a reader says of an answer; without a kind, takes it back. */
export const sendFeedback = (body) => reach("api/feedback", posted(body));

export const readFeedback = async () => (await reach("api/feedback")).json();

export const judgmentsFile = () => at("api/feedback/judgments");

/** Begins a change of the documents; null, or why it cannot be: {what, remedy}. */
export async function change(documents) {
  let response;
  try {
    response = await fetch(at("api/change"), posted({ documents }));
  } catch {
    return { what: strings.offline };
  }
  return response.ok ? null : refusalOf(response.status, await response.text());
}

/** How far the change under way has come, or how the last one ended. */
export const changeState = async () => (await reach("api/change")).json();

/** Sends a file; null when it arrived, else {what, remedy, taken}. Only XMLHttpRequest tells how far it is. */
export function putFile(file, replace, progress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("PUT", at(`api/files/${encodeURIComponent(file.name)}?replace=${replace}`));
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
    request.addEventListener("load", () => resolve(request.status < 300 ? null : refusalOf(request.status, request.responseText)));
    request.addEventListener("error", () => resolve({ what: strings.sendingFailed }));
    request.send(file);
  });
}

function refusalOf(status, text) {
  try {
    const { what, remedy, detail } = JSON.parse(text);
    if (what) return { what, remedy, taken: status === 409 };
    if (typeof detail === "string") return { what: detail };
  } catch {
    // A refusal at the door is plain text.
  }
  return { what: text.length && text.length < 200 ? text : strings.failed };
}

/** Asks through Gradio's queue and waits for the one answer. */
export async function ask({ question, history, documents, literal }, signal) {
  const joined = await reach("gradio_api/call/v2/ask", posted({ question, history, documents, literal }, signal));
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
