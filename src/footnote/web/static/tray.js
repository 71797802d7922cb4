// Quotes that a reader kept, each with a note of their own: in this browser alone, cited in the form that is asked for.
import { bdi, button, el, icon, place } from "./dom.js";
import { citation, isText } from "./kept.js";
import { menu } from "./menu.js";
import { copy, download } from "./references.js";
import { Trouble, check, cite } from "./server.js";
import { listPanel } from "./side.js";
import { strings } from "./strings.js";

const KEY = "footnote.tray";
const MOST = 100;
const NOTE_CHARS = 4000;

/** @typedef {"apa" | "vancouver" | "markdown" | "ris" | "bibtex"} Form */

/** @param {{doc: string, start: number, end: number}} quote */
const keyOf = ({ doc, start, end }) => `${start}-${end} ${doc}`;

/** What is sent of a quote. @param {Citation & {note?: string}} quote @returns {Api["KeptQuoteBody"]} */
const sent = ({ doc, start, end, quote, before = "", after = "", note = "" }) => ({ doc, start, end, quote, before, after, note });

/** Some quotes in a form, as text. @param {Form} form @param {(Citation & {note?: string})[]} quotes */
export const cited = async (form, quotes) => (await cite(form, quotes.map(sent))).text;

export class Tray {
  /** @param {() => void} changed called when something came or went */
  constructor(changed) {
    this.changed = changed;
    /** @type {TrayQuote[]} */
    this.list = stored();
  }

  /** @param {Citation} quote */
  has(quote) {
    return this.list.some((each) => keyOf(each) === keyOf(quote));
  }

  /** Keeps a quote, or lets go of it where it was kept. @param {Citation} quote @param {string} question */
  toggle(quote, question) {
    const made = citation(quote);
    if (this.has(quote)) this.list = this.list.filter((each) => keyOf(each) !== keyOf(quote));
    else if (made) this.list = [...this.list, { ...made, question, note: "" }].slice(-MOST);
    this.#save();
    this.changed();
  }

  /** @param {TrayQuote} quote @param {string} note */
  note(quote, note) {
    quote.note = note.slice(0, NOTE_CHARS);
    this.#save();
  }

  #save() {
    try {
      localStorage.setItem(KEY, JSON.stringify(this.list));
    } catch {
      // Storage is switched off or full: what is kept holds until the page is left.
    }
  }
}

/** What was stored, looked at as if it came from anyone. @returns {TrayQuote[]} */
function stored() {
  try {
    const read = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return (Array.isArray(read) ? read : []).slice(0, MOST).flatMap((each) => {
      const made = citation(each);
      return made ? [{ ...made, question: isText(each.question, 2000) ? each.question : "", note: isText(each.note, NOTE_CHARS) ? each.note : "" }] : [];
    });
  } catch {
    return [];
  }
}

/**
 * The panel of kept quotes.
 * @param {Tray} tray
 * @param {{close: () => void, read: (place: Place, opener: HTMLElement) => void}} on
 */
export function trayPanel(tray, on) {
  const told = el("p", { class: "fn-hint", role: "status" });
  const rows = el("ul", { class: "fn-tray" });
  const ways = el("div", { class: "fn-ways" });
  const act = async (/** @type {() => Promise<string>} */ run) => {
    try {
      told.textContent = await run();
    } catch (error) {
      if (!(error instanceof Trouble)) throw error;
      told.textContent = strings[error.kind === "gone" ? "failed" : error.kind];
    }
  };
  const inForm = async (/** @type {Form} */ form) => {
    const { text, left_out: left } = await cite(form, tray.list.map(sent));
    return { text, note: left ? strings.leftOut(left) : "" };
  };
  const copied = (/** @type {Form} */ form) => () => act(async () => {
    const { text, note } = await inForm(form);
    return [(await copy(text)) ? strings.copied : strings.copyFailed, note].filter(Boolean).join(". ");
  });
  const saved = (/** @type {Form} */ form, /** @type {string} */ end, /** @type {string} */ type) => () => act(async () => {
    const { text, note } = await inForm(form);
    download(`kept-quotes.${end}`, type, text);
    return note;
  });
  const draw = () => {
    told.textContent = tray.list.length ? strings.keptHere : strings.noKept;
    ways.hidden = !tray.list.length;
    rows.replaceChildren(...tray.list.map((each, n) => row(each, n)));
    states(tray.list, rows);
  };
  const row = (/** @type {TrayQuote} */ quote, /** @type {number} */ n) => {
    const note = el("textarea", { class: "fn-field fn-note-box", rows: "1", maxlength: String(NOTE_CHARS), dir: "auto", "aria-label": strings.noteOn(n + 1), placeholder: strings.yourNote, on: { input: () => { tray.note(quote, note.value); grow(note); } } });
    note.value = quote.note;
    requestAnimationFrame(() => grow(note));
    return el("li", { class: "fn-tray-quote" },
      el("blockquote", { class: "fn-quote", dir: "auto" }, quote.quote.replace(/\s+/g, " ").trim()),
      el("p", { class: "fn-tray-foot" },
        el("button", { class: "fn-place", type: "button", on: { click: (event) => on.read(quote, /** @type {HTMLElement} */ (event.currentTarget)) } },
          place(quote.title, quote.heading_path.slice(-1), quote.page === null ? null : `, ${strings.page(quote.page)}`)),
        el("span", { class: "fn-altered" }),
        button(strings.letGo, () => { tray.toggle(quote, ""); draw(); }, { name: "fn-quiet", "aria-label": strings.letGoOf(n + 1) })),
      note);
  };
  ways.append(menu(strings.citeThem, { class: "fn-button fn-cite-menu" }, () => [
    [{ label: strings.copyApa, run: copied("apa") }, { label: strings.copyVancouver, run: copied("vancouver") }],
    [
      { label: strings.exportMarkdown, run: saved("markdown", "md", "text/markdown") },
      { label: strings.saveRis, run: saved("ris", "ris", "application/x-research-info-systems") },
      { label: strings.saveBibtex, run: saved("bibtex", "bib", "application/x-bibtex") },
    ],
  ]));
  draw();
  return listPanel(strings.trayTitle, on.close, [el("div", { class: "fn-tray-head" }, told, ways), rows], { name: "fn-tray-panel" });
}

/** As high as its text. @param {HTMLTextAreaElement} box */
function grow(box) {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

/** Says of each quote that no longer stands as it was kept that it does not. @param {TrayQuote[]} quotes @param {HTMLElement} rows */
async function states(quotes, rows) {
  if (!quotes.length) return;
  let checked;
  try {
    checked = await check(quotes.map(({ doc, start, end, quote, before = "", after = "" }) => ({ doc, start, end, quote, before, after })));
  } catch {
    return; // They stand as they were kept.
  }
  rows.querySelectorAll(".fn-altered").forEach((node, n) => {
    const state = checked[n]?.state;
    if (state && state !== "exact") node.replaceChildren(icon("alert"), bdi(strings[state]));
  });
}
