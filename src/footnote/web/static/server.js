// The ways to the server, all of them on this host and relative to the page.
import { strings } from "./strings.js";

/** @typedef {"busy" | "offline" | "gone" | "failed"} Kind */

const at = (/** @type {string} */ path) => new URL(path, document.baseURI).href;

/** A failure that the page can put into words. */
export class Trouble extends Error {
  /** @param {Kind} kind */
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

/** @param {unknown} error */
const isAborted = (error) => error instanceof Error && error.name === "AbortError";

/** @param {string} path @param {RequestInit} options */
async function reach(path, options = {}) {
  let response;
  try {
    response = await fetch(at(path), options);
  } catch (error) {
    if (isAborted(error)) throw error;
    throw new Trouble("offline");
  }
  if (response.status === 503 || response.status === 429) throw new Trouble("busy");
  if (response.status === 404) throw new Trouble("gone");
  if (!response.ok) throw new Trouble("failed");
  return response;
}

/** Where the server's one JSON interface is; a name in a path keeps its slashes. @param {string} path @param {string} [name] */
const api = (path, name) => `api/v1/${path}${name === undefined ? "" : `/${name.split("/").map(encodeURIComponent).join("/")}`}`;

/** @param {unknown} body @param {AbortSignal} [signal] */
const posted = (body, signal) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
  ...(signal && { signal }),
});

/** @returns {Promise<Started>} */
export const readStart = async () => (await reach(api("start"))).json();

/** Which documents' files are no longer what was indexed, and which files could not be read. @returns {Promise<Files>} */
export const readStates = async () => (await reach(api("files"))).json();

/** @param {string} doc @returns {Promise<Layout>} */
export const readDocument = async (doc) => (await reach(api("layouts", doc))).json();

/** The sizes of a PDF's pages and where they begin; no sizes where its file is not what was indexed. @param {string} doc @returns {Promise<Pages>} */
export const readPages = async (doc) => (await reach(api("pages", doc))).json();

/** The address of a page's picture. @param {string} doc @param {number} page @param {number} width */
export const pictureOf = (doc, page, width) => at(`${api("pages", doc)}/${page}.png?width=${width}`);

/**
 * Where stretches of a PDF's text stand on its pages.
 * @param {string} doc
 * @param {Stretch[]} spans
 * @returns {Promise<Placed[]>}
 */
export const readRectangles = async (doc, spans) =>
  (await (await reach(`${api("rectangles", doc)}?${new URLSearchParams(spans.map(({ start, end }) => ["span", `${start}-${end}`]))}`)).json()).spans;

export const originalOf = (/** @type {string} */ doc) => at(api("originals", doc));

/** Has quotes re-read from the store; how each stands now, in order. @param {Api["QuoteBody"][]} claims @returns {Promise<Checked[]>} */
export const check = async (claims) => (await (await reach(api("check"), posted({ claims }))).json()).claims;

/** Quotes with their references as one text. @param {Api["BibliographyBody"]["form"]} form @param {Api["KeptQuoteBody"][]} quotes @returns {Promise<Api["BibliographyText"]>} */
export const cite = async (form, quotes) => (await reach(api("bibliography"), posted({ form, quotes }))).json();

/** Tells what a reader says of an answer; without a kind, takes it back. @param {Api["FeedbackBody"]} body */
export const sendFeedback = (body) => reach(api("feedback"), posted(body));

/** @returns {Promise<Api["FeedbackForm"]>} */
export const readFeedback = async () => (await reach(api("feedback"))).json();

export const judgmentsFile = () => at(api("feedback/judgments"));

/** Begins a change of the documents; null, or why it cannot be. @param {string[]} documents @returns {Promise<Refusal | null>} */
export async function change(documents) {
  let response;
  try {
    response = await fetch(at(api("changes")), posted({ documents }));
  } catch {
    return { what: strings.offline };
  }
  return response.ok ? null : refusalOf(await response.text());
}

/** How far the change under way has come, or how the last one ended. @returns {Promise<Change>} */
export async function changeState() {
  const state = await (await reach(api("changes"))).json();
  return state.error ? { ...state, error: told(state.error) } : state;
}

/**
 * Sends a file; null when it arrived, else why not. Only XMLHttpRequest tells how far it is.
 * @param {File} file
 * @param {boolean} replace
 * @param {(share: number) => void} progress
 * @returns {Promise<Refusal | null>}
 */
export function putFile(file, replace, progress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("PUT", at(`api/v1/files/${encodeURIComponent(file.name)}?replace=${replace}`));
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
    request.addEventListener("load", () => resolve(request.status < 300 ? null : refusalOf(request.responseText)));
    request.addEventListener("error", () => resolve({ what: strings.sendingFailed }));
    request.send(file);
  });
}

/** A problem, as the server tells every error, in the page's own words. @param {Api["Problem"]} problem @returns {Refusal} */
const told = ({ detail, remedy, status }) => ({ what: detail, remedy, taken: status === 409 });

/** @param {string} text @returns {Refusal} */
function refusalOf(text) {
  try {
    const problem = JSON.parse(text);
    if (problem.detail) return told(problem);
  } catch {
    // What stands between may answer in a form of its own.
  }
  return { what: strings.failed };
}

/**
 * Asks through Gradio's queue and waits for the one answer.
 * @param {{question: string, history: [string, string][], documents: string[] | null, literal: boolean}} asked
 * @param {AbortSignal} signal
 * @returns {Promise<{error: Refusal} | {error?: undefined, answer: Answer, shown: Shown, care: boolean}>}
 */
export async function ask({ question, history, documents, literal }, signal) {
  const joined = await reach("gradio_api/call/v2/ask", posted({ question, history, documents, literal }, signal));
  const { event_id: id } = await joined.json();
  const stream = await reach(`gradio_api/call/v2/ask/${encodeURIComponent(id)}`, { signal });
  for await (const { event, data } of events(stream)) {
    if (event === "complete") return data[0].error ? { error: told(data[0].error) } : data[0];
    if (event === "error") throw new Trouble("failed");
  }
  throw new Trouble("offline");
}

/** @param {Response} response */
async function* events(response) {
  const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch (error) {
      if (isAborted(error)) throw error;
      throw new Trouble("offline");
    }
    if (part.done) return;
    waiting += part.value;
    const whole = waiting.split("\n\n");
    waiting = whole.pop() ?? "";
    for (const message of whole) {
      const event = /^event: (.*)$/m.exec(message)?.[1] ?? "";
      const data = /^data: (.*)$/m.exec(message)?.[1];
      yield { event, data: data ? JSON.parse(data) : null };
    }
  }
}

/** @type {Map<string, Promise<Contents>>} */
const contents = new Map();

/** Titles, first sentences, questions and headings of all documents, or of one. Kept until the documents change. */
export function readContents(doc = "") {
  const known = contents.get(doc);
  if (known) return known;
  /** @type {Promise<Contents>} */
  const read = reach(`api/v1/browse?${new URLSearchParams({ doc })}`).then((response) => response.json());
  read.catch(() => contents.delete(doc));
  contents.set(doc, read);
  return read;
}

/** What was kept of the contents is no longer so. */
export const forgetContents = () => contents.clear();

/** Questions, topics, documents and passages that fit words while they are typed. @param {string} words @returns {Promise<Suggestion[]>} */
export const suggest = async (words) => (await (await reach(`api/v1/browse?${new URLSearchParams({ find: words })}`)).json()).found;

/** Whether the server answers at all. */
export const answers = async () => {
  try {
    return (await fetch(at("healthz"))).ok;
  } catch {
    return false;
  }
};
