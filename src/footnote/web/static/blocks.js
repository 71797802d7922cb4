// Draws laid-out blocks. Marks are laid by offsets alone; offsets count code points, as in Python.
import { el } from "./dom.js";
import { strings } from "./strings.js";

/** @typedef {{marks: Mark[], excerpt: boolean, seen: Set<Mark>, page: number | null}} Pen */

const STYLES = /** @type {const} */ ({ strong: "strong", emphasis: "em", code: "code", link: "u" });

/**
 * Draws items of a layout.
 * @param {Item[]} items as the server lays them out
 * @param {Mark[]} marks spans to mark; `label` numbers them
 * @param {{excerpt?: boolean}} options whether this is a piece out of its document: then its headings are no headings of this page
 */
export function draw(items, marks = [], { excerpt = false } = {}) {
  /** @type {Pen} */
  const pen = { marks, excerpt, seen: new Set(), page: null };
  return items.flatMap((item) => [pageBreak(item, pen), drawItem(item, pen)]).filter((node) => node !== null);
}

/** Its block, or the first of its blocks. @param {Item} item */
export function firstOf(item) {
  if (item.kind === "table") return item.header ?? item.rows[0];
  return item.kind === "list" ? item.items[0] : item;
}

/** @param {Item} item @param {Pen} pen */
function pageBreak(item, pen) {
  const page = firstOf(item)?.page ?? null;
  // A quote says its page below.
  if (pen.excerpt || page === null || page === pen.page) return null;
  const first = pen.page === null;
  pen.page = page;
  return first && page === 1 ? null : el("p", { class: "fn-page", data: { page } }, strings.pageBreak(page));
}

/** @param {Item} item @param {Pen} pen */
function drawItem(item, pen) {
  if (item.kind === "table") return drawTable(item, pen);
  if (item.kind === "list") return drawList(item, pen);
  const props = { dir: "auto", class: `fn-${item.kind}` };
  if (item.kind === "heading" && !pen.excerpt) return el(/** @type {"h2"} */ (`h${Math.min(6, item.level + 1)}`), { ...props, data: { start: item.start } }, drawRuns(item.runs, pen));
  if (item.kind === "code") return el("pre", { ...props, tabindex: "0" }, el("code", {}, drawRuns(item.runs, pen)));
  if (item.kind === "quote") return el("blockquote", props, drawRuns(item.runs, pen));
  return el("p", props, drawRuns(item.runs, pen));
}

/** @param {List} list @param {Pen} pen @returns {HTMLElement} */
function drawList(list, pen) {
  const entries = list.items.map((item) =>
    el("li", { dir: "auto" }, drawRuns(item.runs, pen), (item.lists ?? []).map((inner) => drawList(inner, pen))),
  );
  return el(list.ordered ? "ol" : "ul", {}, entries);
}

/** @param {Table} table @param {Pen} pen */
function drawTable(table, pen) {
  const columns = (table.header?.cells ?? []).map(textOf);
  const row = (/** @type {Row} */ block, /** @type {"th" | "td"} */ tag) => {
    const marked = pen.marks.some((mark) => mark.start < block.end && block.start < mark.end);
    const cells = (block.cells ?? [block.runs ?? []]).map((runs, n) =>
      el(tag, { dir: "auto", scope: tag === "th" ? "col" : null, data: tag === "td" ? { column: columns[n] ?? "" } : null }, drawRuns(runs, pen)));
    return el("tr", { class: marked ? "is-marked" : null }, cells);
  };
  const head = table.header && el("thead", {}, row(table.header, "th"));
  const body = el("tbody", {}, table.rows.map((block) => row(block, "td")));
  return el("div", { class: "fn-table", tabindex: "0", role: "group", "aria-label": strings.table }, el("table", {}, head, body));
}

/** What a reader sees of runs, as text. @param {Run[]} runs */
export const textOf = (runs) => runs.map((run) => (run.blank ? " " : "") + run.text).join("");

/** @param {Run[]} runs @param {Pen} pen */
function drawRuns(runs, pen) {
  return runs.flatMap((run) => [
    ...(run.blank ? [" "] : []),
    ...pieces(run, pen.marks).map(({ text, marks }) => {
      /** @type {Node} */
      let node = document.createTextNode(text);
      for (const style of run.styles) node = el(STYLES[style], {}, node);
      for (const mark of marks) node = drawMark(mark, node, pen);
      return node;
    }),
  ]);
}

/** @param {Mark} mark @param {Node} node @param {Pen} pen */
function drawMark(mark, node, pen) {
  const first = !pen.seen.has(mark);
  pen.seen.add(mark);
  return el(
    "mark",
    { class: `fn-mark fn-mark-${mark.kind}${mark.linked ? " is-linked" : ""}${first ? " is-first" : ""}`, data: { mark: mark.label, ...(mark.tint ? { tint: mark.tint } : {}) }, tabindex: first ? "-1" : null },
    node,
  );
}

/**
 * Cuts a run at the borders of the marks that lie over it.
 * @param {{text: string, start: number}} run
 * @param {Mark[]} marks
 * @returns {{text: string, marks: Mark[]}[]}
 */
export function pieces(run, marks) {
  const text = sliceable(run.text);
  const end = run.start + text.length;
  const over = marks.filter((mark) => mark.start < end && run.start < mark.end);
  if (!over.length) return [{ text: run.text, marks: [] }];
  const cuts = new Set([run.start, end]);
  for (const mark of over) {
    cuts.add(Math.max(run.start, mark.start));
    cuts.add(Math.min(end, mark.end));
  }
  const edges = [...cuts].sort((a, b) => a - b);
  return edges.slice(1).map((to, n) => ({
    text: text.slice(edges[n] - run.start, to - run.start),
    marks: over.filter((mark) => mark.start <= edges[n] && to <= mark.end),
  }));
}

/**
 * Outside the basic plane one code point is two units of a JavaScript string.
 * @param {string} text
 * @returns {{length: number, slice: (from: number, to: number) => string}}
 */
function sliceable(text) {
  if (!/[\ud800-\udfff]/.test(text)) return text;
  const points = Array.from(text);
  return { length: points.length, slice: (from, to) => points.slice(from, to).join("") };
}
