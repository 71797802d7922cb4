// Where one is in an open document: its section and page, the outline that opens from there, and the way to a page.
import { bdi, el, icon } from "./dom.js";
import { strings } from "./strings.js";

const LOOKED_AT = 0.12; // the section in view is the one at this share of the panel's height

export class Outline {
  /**
   * @param {HTMLElement} body the scrolling element that holds the document
   * @param {{headings: {level: number, start: number, text: string}[], pages: number, title: string}} layout
   * @param {(node: Element) => void} go brings a heading or a page into view
   */
  constructor(body, { headings, pages, title }, go) {
    this.body = body;
    this.pages = pages;
    this.go = go;
    this.headings = headings.filter((each) => each.text !== title);
    this.section = el("span");
    this.page = el("span", { class: "fn-at-page" });
    this.button = el("button", { class: "fn-quiet fn-section", type: "button", "aria-expanded": "false", on: { click: () => this.show(this.list.hidden) } }, this.section, icon("down"));
    this.where = el("div", { class: "fn-where" }, this.headings.length || pages > 1 ? this.button : null, pages > 1 ? this.page : null);
    this.list = el("nav", { class: "fn-outline", "aria-label": strings.outline, hidden: true, on: { keydown: (event) => this.#key(event) } });
    let drawn = false;
    body.addEventListener("scroll", () => {
      if (drawn) return;
      drawn = true;
      requestAnimationFrame(() => {
        drawn = false;
        this.follow();
      });
    }, { passive: true });
    this.list.addEventListener("focusout", (event) => {
      if (event.relatedTarget instanceof Node && !this.list.contains(event.relatedTarget) && event.relatedTarget !== this.button) this.show(false, false);
    });
  }

  /**
   * Says which section and page are in view.
   * @param {Element | null} target what was brought into view: as long as it is, its own section and page are told
   */
  follow(target = null) {
    this.target = target ?? this.target;
    const line = this.#line();
    this.current = lastAbove(this.body.querySelectorAll("[data-start]"), line);
    const heading = this.headings.find((each) => String(each.start) === this.current?.dataset.start);
    this.section.replaceChildren(heading ? bdi(heading.text) : strings.outline);
    if (this.pages > 1) this.page.textContent = strings.pageOf(this.#pageAt(line), this.pages);
  }

  #line() {
    const { top, bottom } = this.body.getBoundingClientRect();
    const at = this.target?.getBoundingClientRect().top;
    if (at >= top - 1 && at < bottom) return at + 1;
    this.target = null;
    return top + this.body.clientHeight * LOOKED_AT;
  }

  /** @param {boolean} on */
  show(on, refocus = true) {
    this.list.hidden = !on;
    this.button.setAttribute("aria-expanded", String(on));
    if (on) this.#draw();
    else if (refocus) this.button.focus();
  }

  /** The page in view, from 1. */
  get at() {
    return this.#pageAt(this.#line());
  }

  /** @param {number} line */
  #pageAt(line) {
    return Number(lastAbove(this.body.querySelectorAll("[data-page]"), line)?.dataset.page ?? 1);
  }

  #draw() {
    const top = Math.min(...this.headings.map((each) => each.level));
    this.list.replaceChildren(...[
      this.pages > 1 ? this.#toPage() : "",
      el("ol", {}, this.headings.map((each) => {
        const button = el("button", { type: "button", "aria-current": String(each.start) === this.current?.dataset.start ? "true" : null, on: { click: () => this.#leave(this.body.querySelector(`[data-start="${each.start}"]`)) } }, bdi(each.text));
        button.style.setProperty("--depth", String(each.level - top));
        return el("li", {}, button);
      }))]);
    const current = /** @type {HTMLElement | null} */ (this.list.querySelector("[aria-current]"));
    current?.scrollIntoView({ block: "center" });
    (current ?? /** @type {HTMLElement | null} */ (this.list.querySelector("button, input")))?.focus();
  }

  #toPage() {
    const box = el("input", { type: "number", min: "1", max: String(this.pages), inputmode: "numeric", "aria-label": strings.goToPage });
    return el("form", { class: "fn-to-page", on: { submit: (event) => { event.preventDefault(); this.toPage(Number(box.value)); } } },
      strings.goToPage, box, strings.ofPages(this.pages), el("button", { class: "fn-small" }, strings.go));
  }

  /** Brings a page into view; a page without text is skipped to the next that has some. @param {number} page */
  toPage(page) {
    if (!(page >= 1)) return;
    const breaks = [.../** @type {NodeListOf<HTMLElement>} */ (this.body.querySelectorAll("[data-page]"))];
    // A text begins with its first page, without a break.
    const found = page === 1 && breaks[0]?.dataset.page !== "1" ? this.body.firstElementChild : (breaks.find((each) => Number(each.dataset.page) >= page) ?? breaks.at(-1));
    if (found) this.#leave(found);
  }

  /** @param {Element | null} node */
  #leave(node) {
    this.show(false, false);
    if (node) this.go(node);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const all = [.../** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll("li button"))];
    const at = all.findIndex((each) => each === document.activeElement);
    if (event.key === "Escape") this.show(false);
    else if (event.key === "ArrowDown" && at < all.length - 1) all[at + 1].focus();
    else if (event.key === "ArrowUp" && at > 0) all[at - 1].focus();
    else {
      event.stopPropagation(); // letters and digits typed here are no shortcuts
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

/** The last of some elements, in order, that begins above a line. @param {NodeListOf<Element>} nodes @param {number} line */
function lastAbove(nodes, line) {
  let [low, high] = [0, nodes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (nodes[middle].getBoundingClientRect().top <= line) low = middle + 1;
    else high = middle;
  }
  return /** @type {HTMLElement | undefined} */ (nodes[low - 1]) ?? null;
}
