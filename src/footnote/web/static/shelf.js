// The list of documents: what is here, which of them are asked, and, for the owner, what goes in and out.
import { Adding } from "./adding.js";
import { confirmed } from "./confirmed.js";
import { bdi, button, el, icon } from "./dom.js";
import { readStates } from "./server.js";
import { listPanel } from "./side.js";
import { strings } from "./strings.js";

const KEY = "footnote.off";
const MOST = 200;
const MANY = 8; // documents from which on they are searched and sorted

export class Shelf {
  /**
   * @typedef {object} Events
   * @property {(doc: string, opener: HTMLElement) => void} browse
   * @property {(doc: string) => void} ask
   * @property {() => Promise<void>} changed
   * @property {() => void} ticked
   * @property {() => void} close
   * @property {() => void} open
   */
  /** @param {Events} events */
  constructor(events) {
    this.events = events;
    this.documents = /** @type {Summary[]} */ ([]);
    this.states = /** @type {Files} */ ({ changed: {}, unread: [] });
    this.shown = /** @type {string | null} */ (null);
    this.adding = /** @type {Adding | null} */ (null);
    this.mayChange = false;
    this.foldered = false;
    this.off = stored();
    this.fresh = /** @type {Set<string>} */ (new Set());
    this.gone = 0;
    this.sought = el("input", { type: "search", class: "fn-field", "aria-label": strings.searchDocuments, placeholder: strings.searchDocuments, on: { input: () => this.#list() } });
    this.order = el("select", { class: "fn-field fn-order", "aria-label": strings.order, on: { change: () => this.#list() } }, Object.entries(strings.orders).map(([value, label]) => el("option", { value }, label)));
    this.byFolder = /** @type {HTMLOptionElement} */ (this.order.lastChild);
    this.list = el("div");
    /** What is in view: each document's tick and row, in order. @type {Map<string, {tick: HTMLInputElement, row: HTMLElement}>} */
    this.rows = new Map();
    this.folders = /** @type {{tick: HTMLInputElement, docs: string[]}[]} */ ([]);
    this.lastTicked = /** @type {string | null} */ (null);
    this.asked = el("p", { class: "fn-asked-of", role: "status" });
    this.all = button("", () => this.#setAll(), { name: "fn-quiet fn-tick-all" });
    this.removing = el("span");
    this.unread = el("div");
    this.tools = el("div", { class: "fn-shelf-tools" }, this.sought, this.order);
    this.hint = el("p", { class: "fn-hint" });
    this.owner = el("div");
    this.node = listPanel(strings.documentsTitle, () => events.close(), [this.owner, this.tools, this.hint, el("div", { class: "fn-ticks" }, this.asked, el("span", { class: "fn-ticks-ways" }, this.all, this.removing)), this.list, this.unread], { name: "fn-shelf", closeLabel: strings.closeDocuments });
  }

  /** @param {Started} started what the server told at the start */
  show({ documents, owner, suffixes }) {
    const before = new Set(this.documents.map((each) => each.doc));
    this.fresh = new Set(before.size ? documents.filter((each) => !before.has(each.doc)).map((each) => each.doc) : []);
    const still = new Set(documents.map((each) => each.doc));
    this.gone = [...before].filter((doc) => !still.has(doc)).length;
    this.documents = documents;
    this.mayChange = owner;
    const foldered = documents.some((each) => each.doc.includes("/"));
    if (foldered !== this.foldered) this.order.value = foldered ? "folder" : "title";
    this.foldered = foldered;
    this.byFolder.hidden = !foldered;
    if (owner && !this.adding) {
      const known = (/** @type {string} */ name) => this.documents.find((each) => each.doc === name);
      this.adding = new Adding({ suffixes, known }, { done: () => this.#changed(), open: () => this.events.open(), read: this.events.browse, ask: this.events.ask });
      this.owner.replaceChildren(this.adding.node);
    }
    this.hint.textContent = documents.length ? (documents.length > 1 ? (documents.length < MANY ? strings.documentsHint : strings.documentsHintMany) : "") : strings.noDocuments;
    this.tools.hidden = documents.length < MANY && !foldered;
    this.all.hidden = documents.length < 3;
    this.#list();
    this.#readStates();
  }

  /** Ids of the documents to ask, or null for all. */
  allowed() {
    const on = this.documents.filter((each) => !this.off.has(each.doc));
    return on.length === this.documents.length ? null : on.map((each) => each.doc);
  }

  askAll() {
    this.#choose(new Set());
  }

  /** @param {string} doc */
  askOnly(doc) {
    this.#choose(new Set(this.documents.map((each) => each.doc).filter((each) => each !== doc)));
  }

  /** How many documents came and went by a change. */
  async #changed() {
    await this.events.changed();
    return { came: this.fresh.size, went: this.gone };
  }

  async #readStates() {
    try {
      this.states = await readStates();
    } catch {
      return; // The list stands without them.
    }
    this.#list();
    const unread = this.states.unread.map(({ name, reason }) => el("li", {}, bdi(name), `: ${reason}`));
    this.unread.replaceChildren(...(unread.length ? [el("h3", { class: "fn-unread-head" }, strings.unread(unread.length)), el("ul", { class: "fn-unread" }, unread)] : []));
  }

  #list() {
    const wanted = this.sought.value.trim().toLowerCase();
    const shown = JSON.stringify([wanted, this.order.value, this.documents, this.states.changed, this.mayChange, [...this.off], [...this.fresh]]);
    // A list that is drawn anew forgets which button was pressed once.
    if (shown === this.shown) return;
    this.shown = shown;
    const found = this.#sorted().filter((each) => `${each.title}\n${each.doc}`.toLowerCase().includes(wanted));
    this.rows.clear();
    this.folders = [];
    this.list.replaceChildren(...this.#groups(found.slice(0, MOST)));
    if (found.length > MOST) this.list.append(el("p", { class: "fn-hint" }, strings.moreDocuments(found.length - MOST)));
    if (wanted && !found.length) this.list.replaceChildren(el("ul", { class: "fn-books" }, el("li", { class: "fn-hint" }, strings.noSuchDocument)));
    this.#told();
  }

  /** The rows, under their folders where these order them. @param {Summary[]} documents */
  #groups(documents) {
    const rows = (/** @type {Summary[]} */ some) => el("ul", { class: "fn-books" }, some.map((each) => this.#row(each)));
    if (this.order.value !== "folder") return [rows(documents)];
    return [...groupedByFolder(documents)].map(([folder, inside]) => el("section", { class: "fn-folder", "aria-label": folder || strings.topFolder }, this.#folderHead(folder, inside), rows(inside)));
  }

  /** A folder's name, with a tick for all that is in it. @param {string} folder @param {Summary[]} inside */
  #folderHead(folder, inside) {
    const name = folder || strings.topFolder;
    const docs = inside.map((each) => each.doc);
    /** @type {HTMLInputElement} */
    const tick = el("input", { type: "checkbox", class: "fn-tickbox", "aria-label": strings.tickFolder(name), title: strings.tickFolder(name), on: { change: () => this.#tick(docs, tick.checked) } });
    this.folders.push({ tick, docs });
    return el("h3", { class: "fn-folder-head" }, el("label", { class: "fn-tickbox-area" }, tick), bdi(name), el("span", { class: "fn-book-note" }, strings.documentsIn(docs.length)));
  }

  /** By title, or by date; what just came stands first either way. */
  #sorted() {
    const dated = this.order.value === "date";
    const key = (/** @type {Summary} */ each) => /** @type {const} */ ([this.fresh.has(each.doc) ? 0 : 1, dated ? each.metadata.date || "" : ""]);
    return [...this.documents].sort((a, b) => {
      const [[newA, dateA], [newB, dateB]] = [key(a), key(b)];
      return newA - newB || dateB.localeCompare(dateA) || a.title.localeCompare(b.title);
    });
  }

  #told() {
    const on = this.documents.filter((each) => !this.off.has(each.doc)).length;
    const all = this.documents.length;
    this.asked.textContent = on === all ? "" : on ? strings.asking(on, all) : strings.askedNone;
    this.asked.classList.toggle("is-none", on === 0 && all > 0);
    this.all.textContent = on === all ? strings.tickNone : strings.tickAll;
    for (const { tick, docs } of this.folders) {
      const off = docs.filter((doc) => this.off.has(doc)).length;
      tick.checked = off < docs.length;
      tick.indeterminate = off > 0 && off < docs.length;
    }
    this.removing.replaceChildren(...(this.mayChange && on && all > 1 ? [confirmed(strings.removeTicked(on, all), strings.removeTickedSure(on), () => this.#removeTicked(), { class: "fn-quiet fn-remove-ticked" })] : []));
  }

  /** @param {Summary} each */
  #row(each) {
    const state = this.states.changed[each.doc];
    const note = [each.metadata.date, strings.readingTime(each.chars)].filter(Boolean).join(" · ");
    const tick = el("input", { type: "checkbox", class: "fn-tickbox", "aria-label": strings.askDocument(each.title), title: strings.askDocument(each.title) });
    tick.checked = !this.off.has(each.doc);
    const row = el("li", { class: tick.checked ? null : "is-off" },
      this.documents.length > 1 ? el("label", { class: "fn-tickbox-area" }, tick) : null,
      el("button", { class: "fn-book", type: "button", title: each.doc, on: { click: (event) => this.events.browse(each.doc, /** @type {HTMLElement} */ (event.currentTarget)) } },
        el("span", { class: "fn-book-title" }, bdi(each.title)),
        this.fresh.has(each.doc) ? el("span", { class: "fn-new" }, strings.newDocument) : null,
        el("span", { class: "fn-book-note" }, note, state ? el("span", { class: "fn-altered" }, icon("alert"), strings.fileStates[state]) : null)),
      this.documents.length > 1 ? button(strings.askIt, () => this.events.ask(each.doc), { name: "fn-quiet", "aria-label": strings.askOnly(each.title), title: strings.askOnly(each.title) }) : null,
      this.mayChange
        ? confirmed(icon("trash"), strings.removeSure, () => this.adding?.remove([each.doc]), { class: "fn-plain fn-remove", "aria-label": strings.removeDocument(each.title), title: strings.removeDocument(each.title) })
        : null);
    tick.addEventListener("click", (event) => this.#tick(event.shiftKey ? this.#between(this.lastTicked, each.doc) : [each.doc], tick.checked, each.doc));
    this.rows.set(each.doc, { tick, row });
    return row;
  }

  /** The documents in view from one to another. @param {string | null} from @param {string} to */
  #between(from, to) {
    const docs = [...this.rows.keys()];
    const ends = [docs.indexOf(from ?? to), docs.indexOf(to)].sort((a, b) => a - b);
    return ends[0] < 0 ? [to] : docs.slice(ends[0], ends[1] + 1);
  }

  /** Ticks documents or unticks them, without drawing the list anew. @param {string[]} docs @param {boolean} on */
  #tick(docs, on, last = docs.at(-1) ?? null) {
    for (const doc of docs) {
      if (on) this.off.delete(doc);
      else this.off.add(doc);
      const shown = this.rows.get(doc);
      if (!shown) continue;
      shown.tick.checked = on;
      shown.row.classList.toggle("is-off", !on);
    }
    this.lastTicked = last;
    this.shown = null;
    this.#keep();
    this.#told();
  }

  #removeTicked() {
    this.adding?.remove(this.documents.map((each) => each.doc).filter((doc) => !this.off.has(doc)));
  }

  #setAll() {
    const none = this.documents.every((each) => !this.off.has(each.doc));
    this.#choose(new Set(none ? this.documents.map((each) => each.doc) : []));
  }

  /** @param {Set<string>} off */
  #choose(off) {
    this.off = off;
    this.#keep();
    this.#list();
  }

  #keep() {
    this.events.ticked();
    try {
      localStorage.setItem(KEY, JSON.stringify([...this.off]));
    } catch {
      // Storage is switched off: the choice holds until the page is left.
    }
  }
}

/** Documents by the folder that they lie in, those in none first. @param {Summary[]} documents @returns {Map<string, Summary[]>} */
export function groupedByFolder(documents) {
  const groups = new Map();
  for (const each of documents) {
    const folder = each.doc.slice(0, Math.max(0, each.doc.lastIndexOf("/")));
    groups.set(folder, [...(groups.get(folder) ?? []), each]);
  }
  return new Map([...groups].sort(([a], [b]) => a.localeCompare(b)));
}

function stored() {
  try {
    const read = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return new Set(Array.isArray(read) ? read.filter((each) => typeof each === "string") : []);
  } catch {
    return new Set();
  }
}
