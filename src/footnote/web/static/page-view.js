// The pages of a PDF as they look, one below the other, marks drawn on them; a picture is fetched when its page comes near.
import { el, heard, icon, iconButton, narrow } from "./dom.js";
import { pictureOf, readRectangles } from "./server.js";
import { strings } from "./strings.js";

/** Widths in which the server draws; any other would be drawn as the next of them. */
const WIDTHS = [400, 800, 1200, 1600, 2400];
const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4];
const LINGER_MS = 60; // a page that only flies by is not fetched
const AGAIN_MS = 1500;
const TRIES = 3;
const SPANS_AT_ONCE = 50;
const HIGHEST = 6; // a page that is higher, in parts of its width, is set narrower
const READABLE = 1.25; // how far a page opens enlarged where there is little room
const BESIDE = [22, 34]; // pixels left and right of a marked line there: on the right the strip lies over the page

/** @typedef {{node: HTMLElement, wide: number, high: number, picture: HTMLImageElement | null, tries: number, headings: Heading[], placed: boolean}} Sheet */
/** @typedef {Pages["headings"][number]} Heading */

/** The least of the widths that is sharp for a page of so many pixels on this screen. @param {number} pixels */
export const widthFor = (pixels) => WIDTHS.find((each) => each >= pixels * (devicePixelRatio || 1)) ?? /** @type {number} */ (WIDTHS.at(-1));

/** The page, from 1, of an offset. @param {number[]} starts @param {number} offset */
export const pageAt = (starts, offset) => Math.max(1, starts.findLastIndex((start) => start <= offset) + 1);

export class PageView {
  /** @type {HTMLInputElement} */
  box;
  /** @type {HTMLButtonElement} */
  size;

  /**
   * @param {string} doc
   * @param {Pages} about
   * @param {() => void} found called when it is known where headings of a page stand
   * @param {string} note what has to be said above the first page
   */
  constructor(doc, about, found, note = "") {
    this.doc = doc;
    this.found = found;
    this.about = about;
    this.zoom = 1;
    // Recognising the text of a picture again takes long: only what is marked is worth it.
    this.scanned = new Set((about.metadata.recognised_pages ?? "").split(", ").map(Number));
    this.sheets = about.sizes.map((size, n) => this.#sheet(n + 1, size));
    for (const heading of about.headings) {
      const sheet = this.sheets[pageAt(about.starts, heading.start) - 1];
      sheet.headings.push(heading);
      sheet.node.append(el("span", { class: "fn-anchor", data: { start: heading.start } }));
    }
    this.note = el("p", { class: "fn-sheets-note", role: "status", hidden: !note }, icon("alert"), el("span", {}, note));
    this.column = el("div", { class: "fn-sheets-column" }, this.sheets.map((each) => each.node));
    this.body = el("div", { class: "fn-page-body fn-sheets", tabindex: "0", role: "region", "aria-label": strings.pagesLabel(about.title) }, this.note, this.column);
    this.body.addEventListener("keydown", (event) => this.#key(event));
    this.body.addEventListener("scroll", () => this.#follow(), { passive: true });
    this.tools = this.#tools();
    this.near = new IntersectionObserver((entries) => entries.forEach((each) => this.#cameNear(each)), { root: this.body, rootMargin: "120% 0px" });
    this.sized = new ResizeObserver(() => this.#sharpen());
  }

  /** It stands in the page now: pictures are fetched, those of the first page to be seen at once. @param {number} page */
  begin(page) {
    this.toPage(page);
    this.#draw(this.sheets[page - 1]);
    for (const { node } of this.sheets) this.near.observe(node);
    this.sized.observe(this.body);
    this.#follow();
  }

  /** It is gone. */
  end() {
    this.near.disconnect();
    this.sized.disconnect();
  }

  /**
   * Draws marks on the pages.
   * @param {(Mark & {quote?: string})[]} marks
   * @param {Placed[]} known places of some of them, asked for before
   * @returns {Promise<Set<string>>} labels of those whose letters were found
   */
  async place(marks, known) {
    const keyOf = (/** @type {Stretch} */ { start, end }) => `${start}-${end}`;
    const found = new Map(known.map((each) => [keyOf(each), each.rectangles]));
    const rest = marks.filter((each) => !found.has(keyOf(each)));
    for (const each of rest.length ? await readRectangles(this.doc, rest) : []) found.set(keyOf(each), each.rectangles);
    const placed = new Set(/** @type {string[]} */ ([]));
    marks.forEach((mark) => {
      const rectangles = found.get(keyOf(mark)) ?? [];
      rectangles.forEach((box, at) => this.#drawMark(mark, box, at === 0));
      if (!rectangles.length) return;
      placed.add(mark.label);
      const pages = new Set(rectangles.map((each) => each.page));
      if (mark.kind === "quote") for (const page of pages) this.#drawNumber(mark, rectangles.filter((each) => each.page === page));
    });
    return placed;
  }

  /** @param {string} text */
  say(text) {
    this.note.lastElementChild?.replaceChildren(text);
    this.note.hidden = false;
  }

  /** Where there is little room, a page opens as wide as the lines of what is marked. @param {string} label */
  enlarge(label) {
    const lines = [.../** @type {NodeListOf<HTMLElement>} */ (this.body.querySelectorAll(`mark[data-mark="${CSS.escape(label)}"]`))];
    if (!narrow() || this.zoom !== 1 || !lines.length) return;
    const sides = lines.map((each) => [each.offsetLeft, each.offsetLeft + each.offsetWidth]);
    const [left, right] = [Math.min(...sides.map((each) => each[0])), Math.max(...sides.map((each) => each[1]))];
    const zoom = Math.min(READABLE, (this.body.clientWidth - BESIDE[0] - BESIDE[1]) / (right - left));
    if (zoom <= 1) return;
    this.#zoomTo(zoom);
    this.body.scrollLeft = left * zoom - BESIDE[0];
  }

  /** Finds out where on its page a heading stands, before it is gone to. @param {Element} node */
  async settle(node) {
    const sheet = this.sheets.find((each) => each.node.contains(node));
    if (sheet) await this.#placeHeadings(sheet);
  }

  /** @param {number} page */
  toPage(page) {
    const sheet = this.sheets[Math.min(Math.max(page, 1), this.sheets.length) - 1];
    if (sheet) this.body.scrollTop = sheet.node.offsetTop - 8;
  }

  /** The page at the upper third of what is in view, from 1. */
  get page() {
    const line = this.body.scrollTop + this.body.clientHeight / 3;
    let [low, high] = [0, this.sheets.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sheets[middle].node.offsetTop <= line) low = middle + 1;
      else high = middle;
    }
    return Math.max(1, low);
  }

  /** @param {number} number @param {number[]} size @returns {Sheet} */
  #sheet(number, [wide, high]) {
    const node = el("div", { class: "fn-sheet", data: { page: number } });
    node.style.aspectRatio = `${wide} / ${high}`;
    if (high > HIGHEST * wide) node.style.width = `${Math.max(0.5, (100 * HIGHEST * wide) / high)}%`;
    return { node, wide, high, picture: null, tries: 0, headings: [], placed: false };
  }

  /** @param {IntersectionObserverEntry} entry */
  #cameNear({ target, isIntersecting }) {
    const sheet = this.sheets[Number(/** @type {HTMLElement} */ (target).dataset.page) - 1];
    sheet.node.classList.toggle("is-near", isIntersecting);
    if (isIntersecting) setTimeout(() => sheet.node.classList.contains("is-near") && this.#draw(sheet), LINGER_MS);
    else if (sheet.picture) {
      // A long document would fill the memory with pictures that nobody looks at.
      const { picture } = sheet;
      sheet.picture = null;
      picture.removeAttribute("src");
      picture.remove();
    }
  }

  /** @param {Sheet} sheet */
  #draw(sheet) {
    const number = Number(sheet.node.dataset.page);
    const source = pictureOf(this.doc, number, widthFor(sheet.node.clientWidth));
    if (sheet.picture) {
      if (sheet.picture.getAttribute("src") !== source) sheet.picture.setAttribute("src", source);
      return;
    }
    const picture = el("img", { class: "fn-picture", alt: strings.pictureLabel(number, this.sheets.length), draggable: "false", src: source });
    picture.addEventListener("load", () => {
      sheet.tries = 0;
      sheet.node.querySelector(".fn-sheet-lost")?.remove();
      this.#placeHeadings(sheet);
    });
    picture.addEventListener("error", () => this.#failed(sheet, picture));
    sheet.picture = picture;
    sheet.node.prepend(picture);
  }

  /** The server may be busy: asked again a few times, then said. @param {Sheet} sheet @param {HTMLImageElement} picture */
  #failed(sheet, picture) {
    picture.remove();
    if (sheet.picture !== picture) return;
    sheet.picture = null;
    sheet.tries++;
    if (sheet.tries < TRIES) setTimeout(() => sheet.node.classList.contains("is-near") && this.#draw(sheet), AGAIN_MS);
    else if (!sheet.node.querySelector(".fn-sheet-lost")) sheet.node.append(el("p", { class: "fn-sheet-lost" }, strings.pageLost(Number(sheet.node.dataset.page))));
  }

  /** @param {Sheet} sheet */
  async #placeHeadings(sheet) {
    if (sheet.placed || !sheet.headings.length || this.scanned.has(Number(sheet.node.dataset.page))) return;
    sheet.placed = true;
    const asked = sheet.headings.slice(0, SPANS_AT_ONCE);
    const found = await readRectangles(this.doc, asked).catch(() => []);
    found.forEach(({ rectangles: [box] }, n) => {
      const anchor = /** @type {HTMLElement | null} */ (sheet.node.querySelector(`.fn-anchor[data-start="${asked[n].start}"]`));
      if (anchor && box) anchor.style.top = `${(100 * box.top) / sheet.high}%`;
    });
    this.found();
  }

  /** @param {Mark & {quote?: string}} mark @param {Rectangle} box @param {boolean} first */
  #drawMark(mark, { page, left, top, right, bottom }, first) {
    const sheet = this.sheets[page - 1];
    const node = el("mark", {
      class: `fn-mark fn-mark-${mark.kind} fn-box${mark.linked ? " is-linked" : ""}${first ? " is-first" : ""}`,
      data: { mark: mark.label, ...(mark.tint ? { tint: mark.tint } : {}) },
      tabindex: first ? "-1" : null,
      "aria-hidden": first ? null : "true",
    }, first ? heard(strings.markedHere(mark.kind === "quote" ? mark.label : "", mark.quote ?? "", page)) : null);
    const share = (/** @type {number} */ part, /** @type {number} */ whole) => `${(100 * part) / whole}%`;
    Object.assign(node.style, { left: share(left, sheet.wide), top: share(top, sheet.high), width: share(right - left, sheet.wide), height: share(bottom - top, sheet.high) });
    sheet.node.append(node);
  }

  /** A quote's number stands left of its lines on a page, beside the first. @param {Mark} mark @param {Rectangle[]} boxes */
  #drawNumber({ label, tint }, boxes) {
    const [{ page, top, bottom, left: start, right: end }] = boxes;
    const sheet = this.sheets[page - 1];
    const left = Math.min(...boxes.map((each) => each.left));
    // Lines that run up or down have it above them.
    const upright = bottom - top > end - start;
    const node = el("span", { class: `fn-box-number${upright ? " is-above" : ""}`, "aria-hidden": "true", data: tint ? { tint } : {} }, label);
    Object.assign(node.style, { right: `${Math.min(96, 100 - (100 * (upright ? end : left)) / sheet.wide)}%`, top: `${(upright ? 100 * top : 50 * (top + bottom)) / sheet.high}%` });
    sheet.node.append(node);
  }

  #tools() {
    this.box = el("input", { class: "fn-page-number", inputmode: "numeric", maxlength: "5", "aria-label": strings.goToPage, value: "1" });
    const go = (/** @type {number} */ page) => page >= 1 && this.toPage(page);
    this.size = el("button", { class: "fn-quiet fn-zoom", type: "button", title: strings.fitWidth, on: { click: () => this.#zoomTo(1) } }, strings.fit);
    return el("div", { class: "fn-page-tools" },
      el("form", { class: "fn-steps", on: { submit: (event) => { event.preventDefault(); go(Number(this.box.value)); this.body.focus({ preventScroll: true }); } } },
        iconButton(strings.previousPage, "up", () => go(this.page - 1)),
        el("label", {}, el("span", { class: "fn-word-only" }, strings.pageWord), " ", this.box, ` ${strings.ofPages(this.sheets.length)}`),
        iconButton(strings.nextPage, "down", () => go(this.page + 1))),
      el("div", { class: "fn-steps", role: "group", "aria-label": strings.zoomLabel },
        iconButton(strings.smaller, "minus", () => this.#zoomBy(-1)),
        this.size,
        iconButton(strings.larger, "plus", () => this.#zoomBy(1))));
  }

  #follow() {
    if (document.activeElement !== this.box) this.box.value = String(this.page);
  }

  /** @param {number} by */
  #zoomBy(by) {
    const at = by > 0 ? ZOOMS.find((each) => each > this.zoom + 0.01) : ZOOMS.findLast((each) => each < this.zoom - 0.01);
    if (at) this.#zoomTo(at);
  }

  /** What is in the middle stays there. @param {number} zoom */
  #zoomTo(zoom) {
    const { body } = this;
    const middle = [(body.scrollLeft + body.clientWidth / 2) / body.scrollWidth, (body.scrollTop + body.clientHeight / 2) / body.scrollHeight];
    this.zoom = zoom;
    this.column.style.setProperty("--zoom", String(zoom));
    body.scrollLeft = middle[0] * body.scrollWidth - body.clientWidth / 2;
    body.scrollTop = middle[1] * body.scrollHeight - body.clientHeight / 2;
    this.size.replaceChildren(zoom === 1 ? strings.fit : strings.percent(zoom));
    this.#sharpen();
  }

  /** Pictures in view are fetched again where they have become too coarse. */
  #sharpen() {
    for (const sheet of this.sheets) if (sheet.picture) this.#draw(sheet);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "=") this.#zoomBy(1);
    else if (event.key === "-") this.#zoomBy(-1);
    else if (event.key === "0") this.#zoomTo(1);
    else return;
    event.preventDefault();
  }
}
