// Finds words in the open document and paints them, without touching its nodes.
import { el, icon } from "./dom.js";
import { strings } from "./strings.js";

const BLOCKS = "p, li, td, th, h2, h3, h4, h5, h6, pre, blockquote";
const MOST = 2000;

export class Find {
  /**
   * @param {HTMLElement} body the scrolling element that holds the document
   * @param {() => void} closed called when finding ends
   * @param {(ranges: Range[]) => void} found called with the ranges of what is found
   */
  constructor(body, closed, found) {
    this.body = body;
    this.closed = closed;
    this.found = found;
    this.ranges = /** @type {Range[]} */ ([]);
    this.at = -1;
    this.input = el("input", { type: "search", "aria-label": strings.find, placeholder: strings.find, on: { input: () => this.#search() } });
    this.count = el("output", { class: "fn-find-count" });
    const button = (/** @type {string} */ label, /** @type {import("./dom.js").Shape} */ shape, /** @type {() => void} */ run) => el("button", { class: "fn-plain", type: "button", "aria-label": label, on: { click: run } }, icon(shape));
    this.bar = el("div", { class: "fn-find", role: "search", hidden: true, on: { keydown: (event) => this.#key(event) } },
      this.input, this.count,
      button(strings.findPrevious, "up", () => this.step(-1)),
      button(strings.findNext, "down", () => this.step(1)),
      button(strings.findClose, "close", () => this.show(false)));
  }

  /** @param {boolean} on */
  show(on) {
    this.bar.hidden = !on;
    if (on) {
      this.input.focus();
      this.input.select();
      this.#search();
    } else {
      this.#paint([]);
      this.closed();
    }
  }

  /** @param {number} by */
  step(by) {
    if (!this.ranges.length) return;
    this.at = (this.at + by + this.ranges.length) % this.ranges.length;
    this.#go();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Escape") this.show(false);
    else if (event.key === "Enter" && event.target === this.input) this.step(event.shiftKey ? -1 : 1);
    else {
      event.stopPropagation(); // letters typed here are no shortcuts
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  #search() {
    const wanted = fold(this.input.value.trim());
    this.#paint(wanted ? matches(this.body, wanted) : []);
    this.at = this.ranges.length ? 0 : -1;
    this.#go();
    if (!wanted) this.count.textContent = "";
  }

  /** @param {Range[]} ranges */
  #paint(ranges) {
    this.ranges = ranges;
    this.found(ranges);
    if (!globalThis.CSS?.highlights) return;
    CSS.highlights.set("fn-found", new Highlight(...ranges));
    CSS.highlights.delete("fn-found-here");
  }

  #go() {
    this.count.textContent = strings.findCount(this.at + 1, this.ranges.length);
    const range = this.ranges[this.at];
    if (!range) return;
    if (globalThis.CSS?.highlights) CSS.highlights.set("fn-found-here", new Highlight(range));
    const shift = range.getBoundingClientRect().top - this.body.getBoundingClientRect().top - this.body.clientHeight * 0.4;
    this.body.scrollBy({ top: shift, behavior: "instant" });
  }
}

// Case is ignored only where that keeps the length, since offsets count on it.
/** @param {string} text */
function fold(text) {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text;
}

/** @typedef {{node: Node, start: number}} Piece */

/** @param {Element} body @param {string} wanted */
function matches(body, wanted) {
  const found = [];
  for (const block of body.querySelectorAll(BLOCKS)) {
    /** @type {Piece[]} */
    const nodes = [];
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT, (node) =>
      node.parentElement?.closest(BLOCKS) === block ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP);
    let text = "";
    while (walker.nextNode()) {
      nodes.push({ node: walker.currentNode, start: text.length });
      text += walker.currentNode.textContent;
    }
    const folded = fold(text).replace(/\s/g, " ");
    for (let at = folded.indexOf(wanted); at >= 0 && found.length < MOST; at = folded.indexOf(wanted, at + wanted.length)) {
      found.push(rangeOver(nodes, at, at + wanted.length));
    }
  }
  return found;
}

/** @param {Piece[]} nodes @param {number} start @param {number} end */
function rangeOver(nodes, start, end) {
  const range = document.createRange();
  const holding = (/** @type {number} */ at) => nodes.findLast((each) => each.start <= at) ?? nodes[0];
  const first = holding(start);
  const last = holding(end - 1);
  range.setStart(first.node, start - first.start);
  range.setEnd(last.node, end - last.start);
  return range;
}
