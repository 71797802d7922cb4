// The right-hand panel: the shelf of documents, or one whole document with the quotes marked in it.
import { draw } from "./blocks.js";
import { bdi, calm, el, icon, narrow } from "./dom.js";
import { Find } from "./find.js";
import { Trouble, check, originalOf, readDocument } from "./server.js";
import { strings } from "./strings.js";

const FROM_TOP = 0.28; // where in the panel the active mark comes to stand, as a share of its height
const SHOW_WAITING_MS = 120;

export class Reader {
  /**
   * @param shelf what stands here while no document is open
   * @param events {closed()}: the panel was closed
   */
  constructor(host, shelf, events) {
    this.host = host;
    this.events = events;
    this.open = null;
    this.asked = 0;
    this.panel = null;
    this.shelf = shelf;
    this.host.append(shelf);
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.open && !event.defaultPrevented) this.close();
    });
  }

  /** Shows the list of documents: beside the chat, or over it on a phone. */
  openShelf(opener) {
    this.close();
    if (narrow()) {
      this.open = { key: "", opener };
      this.#cover();
    }
    this.shelf.querySelector("h2").focus();
  }

  /** Shows a panel that is no document: a comparison, a list. */
  showPanel(panel, opener, { wide = false } = {}) {
    this.asked++;
    this.#show({ key: "", opener: opener ?? this.open?.opener }, panel);
    document.body.classList.toggle("fn-wide", wide);
    panel.querySelector("h2").focus();
  }

  /**
   * Opens a document; its marks are re-read from the store first, and those that no longer stand are left out.
   * @param marks [{label, kind, start, end, quote, before, after}]
   * @param active label of the mark to bring into view
   * @param opener the element that focus returns to
   * @param position what the panel says of the active mark
   * @param steps called with -1 or 1 for the previous or next quote; null where there is none
   * @param foot what stands below the document, or null
   */
  async read({ doc, marks, active = null, opener = null, position = "", steps = null, foot = null }) {
    const asked = ++this.asked;
    const key = JSON.stringify([doc, Boolean(steps), ...marks.map(({ label, start, end }) => [label, start, end])]);
    const wanted = { doc, key, opener: opener ?? this.open?.opener, active };
    if (this.open?.key === key) {
      this.open = wanted;
      this.position.textContent = position;
      this.#activate(active, true);
      return;
    }
    const waiting = setTimeout(() => asked === this.asked && this.#showState(wanted, strings.reading), SHOW_WAITING_MS);
    try {
      const [layout, standing] = await Promise.all([readDocument(doc), marks.length ? check(marks.map((mark) => claim(doc, mark))) : []]);
      if (asked !== this.asked) return;
      const placed = marks.flatMap((mark, n) => (standing[n].items.length ? [{ ...mark, start: standing[n].start, end: standing[n].end }] : []));
      this.open = wanted;
      this.#draw(layout, placed, { lost: active !== null && !placed.some((mark) => mark.label === active), position, steps, foot });
      this.#activate(active, false);
    } catch (error) {
      if (asked !== this.asked) return;
      if (!(error instanceof Trouble)) throw error;
      this.#showState(wanted, error.kind === "gone" ? strings.documentGone : strings.readFailed);
      this.open.key = "";
      this.host.querySelector(".fn-close").focus();
    } finally {
      clearTimeout(waiting);
    }
  }

  close() {
    if (!this.open) return;
    const { opener } = this.open;
    this.asked++;
    this.open = null;
    this.panel?.remove();
    this.panel = null;
    this.shelf.hidden = false;
    document.body.classList.remove("fn-reading", "fn-wide");
    document.getElementById("fn-chat").inert = false;
    this.events.closed();
    if (opener?.isConnected) opener.focus({ preventScroll: !narrow() });
  }

  #activate(label, smooth) {
    for (const mark of this.body.querySelectorAll("mark")) mark.classList.toggle("is-active", mark.dataset.mark === label);
    const first = label === null ? null : this.body.querySelector(`mark.is-first[data-mark="${CSS.escape(label)}"]`);
    if (first) {
      const shift = first.getBoundingClientRect().top - this.body.getBoundingClientRect().top - this.body.clientHeight * FROM_TOP;
      this.body.scrollBy({ top: shift, behavior: smooth && !calm() ? "smooth" : "instant" });
    }
    (first ?? this.body).focus({ preventScroll: true });
    for (const tick of this.map.children) tick.toggleAttribute("aria-current", tick.dataset.mark === label);
  }

  #show(wanted, panel) {
    this.open = wanted;
    this.panel?.remove();
    this.panel = panel;
    this.shelf.hidden = true;
    this.host.append(panel);
    document.body.classList.remove("fn-wide");
    this.#cover();
  }

  #cover() {
    document.body.classList.add("fn-reading");
    // On a phone the panel covers the chat, so the chat must not be reachable behind it.
    document.getElementById("fn-chat").inert = narrow();
  }

  #showState(wanted, text) {
    this.#show({ ...wanted, key: "" }, el("section", { class: "fn-panel fn-state", "aria-label": strings.readerLabel },
      el("header", { class: "fn-panel-head" }, this.#button(strings.close, "close", () => this.close(), "fn-close")),
      el("p", { role: "status" }, text)));
  }

  #button(label, shape, run, name = "") {
    return el("button", { class: `fn-plain ${name}`, type: "button", "aria-label": label, title: label, on: { click: run } }, icon(shape));
  }

  #draw(layout, marks, { lost, position, steps, foot }) {
    this.position = el("p", { class: "fn-position", role: "status" }, position);
    this.body = el("div", { class: "fn-page-body", tabindex: "0", role: "region", "aria-label": layout.title },
      el("article", { class: "fn-article" }, articleHead(layout, lost), draw(layout.items, marks)));
    this.body.classList.toggle("has-own-title", layout.items[0]?.kind === "heading" && layout.items[0].level === 1);
    this.find = new Find(this.body, () => this.body.focus({ preventScroll: true }));
    this.map = el("nav", { class: "fn-map", "aria-label": strings.mapLabel });
    const head = el("header", { class: "fn-panel-head" },
      el("button", { class: "fn-plain fn-back", type: "button", on: { click: () => this.close() } }, icon("back"), el("span", {}, strings.back)),
      this.position,
      steps && this.#button(strings.previous, "up", () => steps(-1)),
      steps && this.#button(strings.next, "down", () => steps(1)),
      this.#button(strings.find, "search", () => this.find.show(this.find.bar.hidden)),
      el("a", { class: "fn-plain fn-original", href: originalOf(layout.doc), target: "_blank", rel: "noopener", "aria-label": strings.original, title: strings.original }, icon("file")),
      this.#button(strings.close, "close", () => this.close(), "fn-close"));
    this.#show(this.open, el("section", { class: "fn-panel", "aria-label": strings.readerLabel },
      head, this.find.bar, el("div", { class: "fn-page-frame" }, this.body, this.map), foot));
    this.#drawMap(marks);
  }

  /** A strip beside the document with a tick for each quote, at its share of the height. */
  #drawMap(marks) {
    const all = this.body.scrollHeight;
    const top = this.body.getBoundingClientRect().top - this.body.scrollTop;
    for (const { label, kind } of marks) {
      const first = this.body.querySelector(`mark.is-first[data-mark="${CSS.escape(label)}"]`);
      if (!first) continue;
      const tick = el("button", { class: `fn-tick fn-tick-${kind}`, type: "button", data: { mark: label }, "aria-label": strings.mapMark(kind === "quote" ? label : ""), on: { click: () => this.#activate(label, true) } });
      tick.style.top = `${(100 * (first.getBoundingClientRect().top - top)) / all}%`;
      this.map.append(tick);
    }
  }
}

function articleHead(layout, lost) {
  const about = [layout.metadata.date, layout.source].filter(Boolean);
  const told = lost ? strings.changed : layout.file === "same" ? "" : strings.fileStates[layout.file];
  return el("div", { class: "fn-doc-head" },
    el("p", { class: "fn-doc-title" }, bdi(layout.title)),
    about.length ? el("p", { class: "fn-doc-about" }, about.flatMap((part, n) => [n ? " · " : null, bdi(part)])) : null,
    told ? el("p", { class: "fn-doc-lost", role: lost ? "alert" : null }, icon("alert"), told) : null);
}

const claim = (doc, { start, end, quote, before = "", after = "" }) => ({ doc, start, end, quote, before, after });
