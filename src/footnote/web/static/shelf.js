// The list of documents: what is in the index, which of them are asked, and, for the owner, what goes in and out.
import { Adding } from "./adding.js";
import { confirmed } from "./confirmed.js";
import { bdi, el, icon } from "./dom.js";
import { readStates } from "./server.js";
import { strings } from "./strings.js";

const KEY = "footnote.off";
const MOST = 200;

export class Shelf {
  /** @param events {browse(doc, opener), changed(), ticked(), feedback(opener), close()} */
  constructor(events) {
    this.events = events;
    this.documents = [];
    this.states = { changed: {}, unread: [] };
    this.off = stored();
    this.sought = el("input", { type: "search", "aria-label": strings.searchDocuments, placeholder: strings.searchDocuments, on: { input: () => this.#list() } });
    this.list = el("ul", { class: "fn-books" });
    this.asked = el("p", { class: "fn-asked-of", role: "status" });
    this.all = el("button", { class: "fn-small", type: "button", on: { click: () => this.#setAll() } });
    this.unread = el("div");
    this.tools = el("div", { class: "fn-shelf-tools" }, this.sought, this.all);
    this.hint = el("p", { class: "fn-hint" });
    this.head = el("h2", { tabindex: "-1" }, strings.documentsTitle);
    this.owner = el("div");
    this.node = el("section", { class: "fn-shelf", "aria-label": strings.documentsTitle },
      el("div", { class: "fn-shelf-head" }, this.head,
        el("button", { class: "fn-plain fn-shelf-close", type: "button", "aria-label": strings.closeDocuments, title: strings.closeDocuments, on: { click: () => events.close() } }, icon("close"))),
      this.hint, this.owner, this.tools, this.asked, this.list, this.unread);
  }

  /** @param started what the server told at the start */
  show({ documents, owner, suffixes }) {
    this.documents = documents;
    this.mayChange = owner;
    if (owner && !this.adding) {
      const feedback = el("button", { class: "fn-button", type: "button", on: { click: (event) => this.events.feedback(event.currentTarget) } }, strings.feedbackList);
      const taken = (name) => this.documents.some((each) => each.doc === name);
      this.adding = new Adding({ suffixes, taken, links: [feedback] }, () => this.events.changed());
      this.owner.replaceChildren(this.adding.node);
    }
    this.hint.textContent = documents.length ? strings.documentsHint : strings.noDocuments;
    this.tools.hidden = documents.length < 2;
    this.#list();
    this.#readStates();
  }

  /** Ids of the documents to ask, or null for all. */
  allowed() {
    const on = this.documents.filter((each) => !this.off.has(each.doc));
    return on.length === this.documents.length ? null : on.map((each) => each.doc);
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
    const shown = JSON.stringify([wanted, this.documents, this.states.changed, this.mayChange, [...this.off]]);
    // A list that is drawn anew forgets which button was pressed once.
    if (shown === this.shown) return;
    this.shown = shown;
    const found = this.documents.filter((each) => `${each.title}\n${each.doc}`.toLowerCase().includes(wanted));
    const more = found.length > MOST ? [el("li", { class: "fn-hint" }, strings.moreDocuments(found.length - MOST))] : [];
    this.list.replaceChildren(...found.slice(0, MOST).map((each) => this.#row(each)), ...more);
    if (wanted && !found.length) this.list.replaceChildren(el("li", { class: "fn-hint" }, strings.noSuchDocument));
    this.#told();
  }

  #told() {
    const on = this.documents.filter((each) => !this.off.has(each.doc)).length;
    const all = this.documents.length;
    this.asked.textContent = on === all ? "" : on ? strings.asking(on, all) : strings.askedNone;
    this.asked.classList.toggle("is-none", on === 0 && all > 0);
    this.all.textContent = on === all ? strings.tickNone : strings.tickAll;
  }

  #row(each) {
    const state = this.states.changed[each.doc];
    const note = [each.metadata.date, strings.passages(each.passages), strings.size(each.chars)].filter(Boolean).join(" · ");
    const tick = el("input", { type: "checkbox", class: "fn-tickbox", "aria-label": strings.askDocument(each.title), title: strings.askDocument(each.title) });
    tick.checked = !this.off.has(each.doc);
    const row = el("li", { class: tick.checked ? null : "is-off" },
      this.documents.length > 1 ? el("label", { class: "fn-tickbox-area" }, tick) : null,
      el("button", { class: "fn-book", type: "button", on: { click: (event) => this.events.browse(each.doc, event.currentTarget) } },
        el("span", { class: "fn-book-title" }, bdi(each.title)),
        el("span", { class: "fn-book-note" }, note, state ? el("span", { class: "fn-altered" }, icon("alert"), strings.fileStates[state]) : null)),
      this.mayChange && this.documents.length > 1
        ? confirmed(icon("trash"), strings.removeSure, () => this.adding.remove(each.doc), { class: "fn-plain fn-remove", "aria-label": strings.removeDocument(each.title), title: strings.removeDocument(each.title) })
        : null);
    tick.addEventListener("change", () => {
      if (tick.checked) this.off.delete(each.doc);
      else this.off.add(each.doc);
      row.classList.toggle("is-off", !tick.checked);
      this.shown = null;
      this.#keep();
      this.#told();
    });
    return row;
  }

  #setAll() {
    const none = this.documents.every((each) => !this.off.has(each.doc));
    this.off = new Set(none ? this.documents.map((each) => each.doc) : []);
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

function stored() {
  try {
    const read = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return new Set(Array.isArray(read) ? read.filter((each) => typeof each === "string") : []);
  } catch {
    return new Set();
  }
}
