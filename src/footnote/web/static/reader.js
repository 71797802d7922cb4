// One whole document beside the text, with quotes marked in it: where one is in it, its outline, and ways about it.
import { draw, textOf } from "./blocks.js";
import { bdi, button, calm, el, icon, iconButton, narrow } from "./dom.js";
import { Find } from "./find.js";
import { Outline } from "./outline.js";
import { located } from "./places.js";
import { Trouble, check, originalOf, pictureOf, readDocument, readPages, readRectangles } from "./server.js";
import { closing } from "./side.js";
import { strings } from "./strings.js";

const FROM_TOP = 0.28; // where in the panel the active mark comes to stand, as a share of its height
const FAR = 4; // what is further away, in heights of the panel, is jumped to
const SHOW_WAITING_MS = 300;
const CLOSEST_TICKS = 26; // pixels between two numbers beside the document
const VIEW = "footnote.view"; // where the browser keeps whether PDFs are read as pages or as text

/** @typedef {"page" | "text"} ViewKind */

export class Reader {
  /** @type {HTMLElement} */
  panel;
  /** @type {HTMLElement} */
  body;
  /** @type {HTMLElement} */
  map;
  /** @type {HTMLElement} */
  position;
  /** @type {Find | null} */
  find;
  /** @type {Outline} */
  outline;

  /** @param {import("./side.js").Side} side the place beside the text */
  constructor(side) {
    this.side = side;
    this.open = /** @type {string | null} */ (null);
    this.asked = 0;
    this.pages = /** @type {import("./page-view.js").PageView | null} */ (null);
    this.chosen = keptView();
    this.pagesLost = false;
    this.opening = /** @type {Opening | null} */ (null);
  }

  /**
   * Opens a document; its marks are re-read from the store first, and those that no longer stand are left out.
   * @typedef {object} Opening
   * @property {string} doc
   * @property {Sought[]} marks with their `quote`, or with `letters` of a link
   * @property {string | null} [active] label of the mark to bring into view
   * @property {number | null} [at] offset of a heading to bring into view instead
   * @property {HTMLElement | null} [opener] the element that focus returns to
   * @property {string} [position] what the panel says of the active mark
   * @property {((by: number) => void) | null} [steps] called with -1 or 1 for the previous or next quote; null where there is none
   * @property {HTMLElement | null} [foot] what stands below the document
   */
  /** @param {Opening} opening */
  async read(opening) {
    const { doc, marks, active = null, at = null, opener = null, position = "", steps = null } = opening;
    const asked = ++this.asked;
    const key = JSON.stringify([doc, this.chosen, Boolean(steps), ...marks.map(({ label, start, end }) => [label, start, end])]);
    this.opening = opening;
    if (this.open === key && this.side.panel === this.panel) {
      this.side.show(this.panel, opener);
      this.position.textContent = position;
      this.#arrive(active, at, true);
      return;
    }
    const waiting = setTimeout(() => asked === this.asked && this.#showState(opener, strings.reading), SHOW_WAITING_MS);
    try {
      const paged = this.chosen === "page" && /\.pdf$/i.test(doc) && (await this.#readPages(opening, asked));
      if (!paged && asked === this.asked) await this.#readText(opening, asked);
      if (asked === this.asked) this.open = key;
    } catch (error) {
      if (asked !== this.asked) return;
      if (!(error instanceof Trouble)) throw error;
      const again = () => this.read(opening);
      const told = /** @type {Record<string, string>} */ ({ gone: strings.documentGone, offline: strings.offline })[error.kind] ?? strings.readFailed;
      this.#showState(opener, told, error.kind === "gone" ? null : again);
      /** @type {HTMLElement | null} */ (this.panel.querySelector(".fn-close"))?.focus();
    } finally {
      clearTimeout(waiting);
    }
  }

  /** @param {Opening} opening @param {number} asked */
  async #readText(opening, asked) {
    const { doc, marks, active = null, at = null } = opening;
    const [layout, standing] = await Promise.all([readDocument(doc), standingOf(doc, marks)]);
    if (asked !== this.asked) return;
    const placed = marks.flatMap((mark, n) => placedMark(mark, standing[n], layout.items));
    const body = el("div", { class: "fn-page-body", tabindex: "0", role: "region", "aria-label": layout.title },
      el("article", { class: "fn-article" }, articleHead(layout, isLost(active, placed), this.pagesLost), draw(layout.items, placed)));
    body.classList.toggle("has-own-title", layout.items[0]?.kind === "heading" && layout.items[0].level === 1);
    const headings = layout.items.filter((item) => item.kind === "heading").map((item) => ({ level: item.level, start: item.start, text: textOf(item.runs) }));
    const find = new Find(body, () => body.focus({ preventScroll: true }), (ranges) => this.#drawFound(ranges));
    const paged = layout.pages > 0 && layout.file === "same" && /\.pdf$/i.test(doc) && !this.pagesLost;
    this.#draw({ ...layout, headings }, { ...opening, body, find, tools: null, other: paged ? "page" : null });
    this.#drawMap(placed);
    this.#arrive(active, at, false);
  }

  /**
   * Shows a PDF's pages; false where they cannot be shown, and its text is what can be read.
   * @param {Opening} opening
   * @param {number} asked
   */
  async #readPages(opening, asked) {
    const { doc, marks, active = null, at = null } = opening;
    this.pagesLost = false;
    // Fetched with the first PDF: many folders hold none.
    const { PageView, pageAt, widthFor } = await import("./page-view.js");
    const wanted = marks.find((mark) => mark.label === active);
    /** @type {Promise<Placed[]>} */
    let early = Promise.resolve([]);
    if (wanted?.page && wanted.file === "same") {
      // The picture that will be looked at first, and the places on it, are on their way before anything else is known.
      new Image().src = pictureOf(doc, wanted.page, widthFor(this.#sheetWidth()));
      early = readRectangles(doc, marks).catch(() => []);
    }
    const [about, standing, layout] = await Promise.all([pagesOf(doc), standingOf(doc, marks), marks.some((mark) => mark.letters) ? readDocument(doc) : null]);
    if (asked !== this.asked) return true;
    this.pagesLost = about === null;
    if (!about?.sizes.length) return false;
    const placed = marks.flatMap((mark, n) => placedMark(mark, standing[n], layout?.items ?? []));
    const lost = isLost(active, placed);
    const view = new PageView(doc, about, () => this.outline.follow(), lost ? strings.changed : "");
    this.#draw({ doc, title: about.title, headings: about.headings, pages: about.sizes.length }, { ...opening, body: view.body, find: null, tools: view.tools, other: "text" });
    this.pages = view;
    const sought = placed.find((mark) => mark.label === active)?.start ?? at;
    view.begin(sought === null ? 1 : pageAt(about.starts, sought));
    view.body.focus({ preventScroll: true });
    const before = view.body.scrollTop;
    early.then((known) => view.place(placed, known)).then(async (found) => {
      if (this.pages !== view) return;
      this.#drawMap(placed);
      // Meanwhile another of the quotes may have been gone to.
      const { active = null, at = null } = this.opening ?? opening;
      if (active !== null && !lost && !found.has(active)) view.say(strings.notOnPage);
      const heading = at === null ? null : view.body.querySelector(`[data-start="${at}"]`);
      if (heading) await view.settle(heading);
      // Who has begun to scroll is not pulled back.
      if (this.pages !== view || view.body.scrollTop !== before) return;
      if (active !== null) view.enlarge(active);
      this.#arrive(active, at, false);
    }, () => active !== null && view.say(strings.notOnPage));
    return true;
  }

  /** About how wide a page will be, before it is drawn. */
  #sheetWidth() {
    const all = document.documentElement.clientWidth;
    return this.side.host.clientWidth || (narrow() ? all : all / 2);
  }

  /** Shows the document that is open the other way, at the same place. @param {ViewKind} kind */
  async #turn(kind, then = () => {}) {
    const { opening } = this;
    if (!opening) return;
    const page = this.outline.at;
    this.chosen = kind;
    keepView(kind);
    await this.read(opening);
    if (opening.active === undefined || opening.active === null) this.outline.toPage(page);
    /** @type {HTMLElement | null} */ (this.panel.querySelector(".fn-view-switch"))?.focus();
    then();
  }

  /** Something else is open now, or nothing: what is still being fetched must not open over it. */
  left() {
    this.asked++;
    this.open = null;
    this.#endPages();
  }

  #endPages() {
    this.pages?.end();
    this.pages = null;
  }

  /** @param {string | null} label @param {number | null} at @param {boolean} smooth */
  #arrive(label, at, smooth) {
    for (const mark of this.body.querySelectorAll("mark")) mark.classList.toggle("is-active", mark.dataset.mark === label);
    /** @type {HTMLElement | null} */
    const mark = label === null ? null : this.body.querySelector(`mark.is-first[data-mark="${CSS.escape(label)}"]`);
    /** @type {HTMLElement | null} */
    const heading = at === null ? null : this.body.querySelector(`[data-start="${at}"]`);
    if (mark) this.#scrollTo(mark, FROM_TOP, smooth);
    else if (heading) this.#scrollTo(heading, 0.04, smooth);
    (mark ?? this.body).focus({ preventScroll: true });
    for (const tick of this.map.querySelectorAll(".fn-tick")) tick.toggleAttribute("aria-current", tick instanceof HTMLElement && tick.dataset.mark === label);
    this.outline.follow(mark ?? heading);
  }

  /** @param {Element} node @param {number} share @param {boolean} smooth */
  #scrollTo(node, share, smooth) {
    const shift = node.getBoundingClientRect().top - this.body.getBoundingClientRect().top - this.body.clientHeight * share;
    const near = Math.abs(shift) < FAR * this.body.clientHeight;
    this.body.scrollBy({ top: shift, behavior: smooth && near && !calm() ? "smooth" : "instant" });
  }

  /** @param {HTMLElement | null} opener @param {string} text @param {(() => void) | null} again */
  #showState(opener, text, again = null) {
    this.open = null;
    this.#endPages();
    this.panel = el("section", { class: "fn-panel fn-state", "aria-label": strings.readerLabel },
      el("header", { class: "fn-panel-head" }, el("span"), closing(() => this.side.close(), strings.close)),
      el("p", { role: "status" }, text),
      again ? button(strings.tryAgain, again) : null);
    this.side.show(this.panel, opener);
  }

  /**
   * The panel around a document, whichever way it is shown.
   * @param {{doc: string, title: string, pages: number, headings: {level: number, start: number, text: string}[]}} about
   * @param {Opening & {body: HTMLElement, find: Find | null, tools: HTMLElement | null, other: ViewKind | null}} options
   */
  #draw(about, { opener = null, position = "", steps = null, foot = null, body, find, tools, other }) {
    this.#endPages();
    this.position = el("p", { class: "fn-position", role: "status" }, position);
    this.body = body;
    this.find = find;
    this.map = el("nav", { class: "fn-map", "aria-label": strings.mapLabel });
    this.outline = new Outline(body, about, async (node) => {
      await this.pages?.settle(node);
      this.#scrollTo(node, 0.04, false);
      this.body.focus({ preventScroll: true });
      this.outline.follow(node);
    });
    this.panel = el("section", { class: "fn-panel", "aria-label": strings.readerLabel },
      el("header", { class: "fn-panel-head" },
        el("div", { class: "fn-panel-where" },
          el("h2", { class: "fn-panel-title", tabindex: "-1" }, bdi(about.title)),
          this.outline.where),
        el("div", { class: "fn-head-tools" },
          other ? button(other === "page" ? strings.toPages : strings.toText, () => this.#turn(other), { name: "fn-plain fn-view-switch", "aria-label": other === "page" ? strings.toPagesLabel : strings.toTextLabel }) : null,
          el("button", { class: "fn-plain fn-find-button", type: "button", "aria-label": strings.find, title: strings.find, on: { click: () => this.#seek() } }, icon("search"), el("span", { class: "fn-word-only" }, strings.findShort)),
          el("a", { class: "fn-plain fn-original", href: originalOf(about.doc), target: "_blank", rel: "noopener", "aria-label": strings.original, title: strings.original }, icon("file"), el("span", { class: "fn-word-only" }, strings.originalShort)),
          closing(() => this.side.close(), strings.close))),
      ...(find ? [find.bar] : []),
      el("div", { class: "fn-page-frame" }, this.outline.list, this.body, this.map),
      ...(tools ? [tools] : []),
      position ? el("footer", { class: "fn-panel-foot" },
        el("div", { class: "fn-steps" },
          steps && iconButton(strings.previous, "before", () => steps(-1)),
          this.position,
          steps && iconButton(strings.next, "after", () => steps(1))),
        foot) : null);
    this.side.show(this.panel, opener);
    this.outline.follow();
  }

  /** Words are found in the text. */
  #seek() {
    if (this.find) this.find.show(this.find.bar.hidden);
    else this.#turn("text", () => this.find?.show(true));
  }

  /** A strip beside the document with a numbered tick for each quote, at its share of the height. @param {Mark[]} marks */
  #drawMap(marks) {
    const heights = marks.flatMap((mark) => {
      const first = this.body.querySelector(`mark.is-first[data-mark="${CSS.escape(mark.label)}"]`);
      return first ? [{ ...mark, share: this.#shareOf(first.getBoundingClientRect()) }] : [];
    });
    let above = -Infinity;
    const all = this.map.clientHeight || 1;
    for (const { label, kind, tint, share } of heights.sort((a, b) => a.share - b.share)) {
      const name = kind === "quote" ? label : "";
      const tick = el("button", { class: `fn-tick fn-tick-${kind}`, type: "button", data: { mark: label, ...(tint ? { tint } : {}) }, "aria-label": strings.mapMark(name), on: { click: () => this.#arrive(label, null, true) } }, name || "•");
      // Numbers of quotes that stand close together are set side by side, not one over the other.
      above = Math.max(share * all, above + CLOSEST_TICKS, CLOSEST_TICKS / 2);
      tick.style.top = `${Math.min(above, all - CLOSEST_TICKS / 2)}px`;
      this.map.append(tick);
    }
  }

  /** @param {Range[]} ranges */
  #drawFound(ranges) {
    this.map.querySelectorAll(".fn-tick-found").forEach((each) => each.remove());
    const shares = new Set(ranges.map((range) => (100 * this.#shareOf(range.getBoundingClientRect())).toFixed(1)));
    for (const share of shares) {
      const line = el("span", { class: "fn-tick fn-tick-found", "aria-hidden": "true" });
      line.style.top = `${share}%`;
      this.map.append(line);
    }
  }

  /** @param {DOMRect} box */
  #shareOf(box) {
    return (box.top - this.body.getBoundingClientRect().top + this.body.scrollTop) / this.body.scrollHeight;
  }
}

/** @param {string | null} active @param {Mark[]} placed */
const isLost = (active, placed) => active !== null && !placed.some((mark) => mark.label === active);

/** A PDF's pages; null where they cannot be shown. @param {string} doc */
const pagesOf = (doc) =>
  readPages(doc).catch((error) => {
    if (error instanceof Trouble && (error.kind === "gone" || error.kind === "failed")) return null;
    throw error;
  });

/** @returns {ViewKind} */
function keptView() {
  try {
    return localStorage.getItem(VIEW) === "text" ? "text" : "page";
  } catch {
    return "page"; // storage is switched off
  }
}

/** @param {ViewKind} kind */
function keepView(kind) {
  try {
    localStorage.setItem(VIEW, kind);
  } catch {
    // Storage is switched off: the choice holds until the page is left.
  }
}

/** @param {Layout} layout @param {boolean} lost @param {boolean} pagesLost */
function articleHead(layout, lost, pagesLost) {
  const about = [layout.metadata.author, layout.metadata.date, layout.source].filter(Boolean);
  const told = lost ? strings.changed : layout.file === "same" ? (pagesLost ? strings.pagesLost : "") : strings.fileStates[layout.file];
  return el("div", { class: "fn-doc-head" },
    el("p", { class: "fn-doc-title" }, bdi(layout.title)),
    about.length ? el("p", { class: "fn-doc-about" }, about.flatMap((part, n) => [n ? " · " : null, bdi(part)])) : null,
    told ? el("p", { class: "fn-doc-lost", role: lost ? "alert" : null }, icon("alert"), told) : null);
}

/** How the marks that bring their quote stand in the store; those of a link are looked for in the document itself. @param {string} doc @param {Sought[]} marks */
async function standingOf(doc, marks) {
  const spelled = marks.filter((mark) => !mark.letters);
  const checked = spelled.length ? await check(spelled.map(({ start, end, quote = "", before = "", after = "" }) => ({ doc, start, end, quote, before, after }))) : [];
  return marks.map((mark) => (mark.letters ? null : checked[spelled.indexOf(mark)]));
}

/** @param {Sought} mark @param {Checked | null} standing @param {Item[]} items @returns {Sought[]} */
function placedMark(mark, standing, items) {
  if (standing) return standing.items.length ? [{ ...mark, start: standing.start ?? mark.start, end: standing.end ?? mark.end }] : [];
  const found = mark.letters && located(items, { ...mark, letters: mark.letters });
  return found ? [{ ...mark, ...found, linked: true }] : [];
}
