// Two documents that answer the same question, one column each; numbers that only one of them gives are set off.
import { tintOf } from "./answers.js";
import { draw } from "./blocks.js";
import { bdi, el } from "./dom.js";
import { check, readDocument } from "./server.js";
import { closing } from "./side.js";
import { strings } from "./strings.js";

const FROM_TOP = 0.28;
const NUMBER = /\d+(?:[.,:]\d+)*(?:\s?%)?/gu;

/** @typedef {{close: () => void, read: (doc: string, label: string | null, opener: HTMLElement) => void}} On */
/** @typedef {Stretch & {text: string, value: string, unit: string}} Figure */
/** @typedef {{layout: Layout, marks: Mark[], numbers: Figure[]}} Column */

/**
 * The panel of a comparison.
 * @param {SideOfTwo[]} sides two or more; two are shown at a time
 * @param {On} on
 */
export async function comparison(sides, on) {
  const shown = await Promise.all(sides.map(readSide));
  const columns = el("div", { class: "fn-columns" });
  const told = el("p", { class: "fn-differences", role: "status" });
  const chosen = [0, 1];
  const drawAll = () => {
    const pair = /** @type {[Column, Column]} */ (chosen.map((at) => shown[at]));
    const only = differing(pair);
    columns.replaceChildren(...pair.map((side, n) => column(side, only[n], shown.length > 2 ? picker(n) : null, on)));
    told.replaceChildren(...differences(pair, only));
    requestAnimationFrame(() => columns.querySelectorAll(".fn-page-body").forEach(toFirst));
  };
  /** @param {number} n @returns {HTMLSelectElement} */
  const picker = (n) =>
    el("select", { "aria-label": strings.chooseSide, on: { change: (event) => { chosen[n] = Number(/** @type {HTMLSelectElement} */ (event.currentTarget).value); drawAll(); columns.querySelectorAll("select")[n].focus(); } } },
      shown.map((side, at) => el("option", { value: at, selected: at === chosen[n], disabled: at === chosen[1 - n] }, side.layout.title)));
  const node = el("section", { class: "fn-panel fn-comparison", "aria-label": strings.sideBySide },
    el("header", { class: "fn-panel-head" },
      el("h2", { class: "fn-panel-title", tabindex: "-1" }, strings.sideBySide), told,
      closing(on.close, strings.closeComparison)),
    columns);
  drawAll();
  return node;
}

/** @param {SideOfTwo} side @returns {Promise<Column>} */
async function readSide({ doc, marks }) {
  const [layout, standing] = await Promise.all([readDocument(doc), check(marks.map(({ start, end, quote = "", before = "", after = "" }) => ({ doc, start, end, quote, before, after })))]);
  const placed = marks.flatMap((mark, n) => (standing[n].items.length ? [{ ...mark, start: standing[n].start ?? mark.start, end: standing[n].end ?? mark.end, items: standing[n].items }] : []));
  return { layout, marks: placed, numbers: placed.flatMap((mark) => runsIn(mark.items).flatMap(numbersIn)) };
}

/** @param {Column} side @param {Stretch[]} only @param {HTMLElement | null} pick @param {On} on */
function column(side, only, pick, on) {
  const { layout, marks } = side;
  const first = marks[0]?.label ?? null;
  const differs = only.map(({ start, end }) => ({ start, end, label: "", kind: "differs" }));
  /** @type {HTMLButtonElement} */
  const open = el("button", { class: "fn-place fn-column-title", type: "button", on: { click: () => on.read(layout.doc, first, open) } }, bdi(layout.title));
  const body = el("div", { class: "fn-page-body", tabindex: "0", role: "region", "aria-label": layout.title },
    el("article", { class: "fn-article" }, draw(layout.items, [...differs, ...marks.map((mark) => (mark.kind === "quote" ? { ...mark, tint: tintOf(Number(mark.label)) } : mark))])));
  return el("div", { class: "fn-column" },
    el("header", { class: "fn-column-head" }, pick ?? open, layout.metadata.date ? el("span", { class: "fn-hint" }, layout.metadata.date) : null),
    el("div", { class: "fn-page-frame" }, body));
}

/** @param {Element} body */
function toFirst(body) {
  const first = body.querySelector("mark.is-first[data-mark]:not([data-mark=''])");
  for (const mark of body.querySelectorAll("mark.fn-mark-quote, mark.fn-mark-related")) mark.classList.add("is-active");
  if (first) body.scrollTop += first.getBoundingClientRect().top - body.getBoundingClientRect().top - body.clientHeight * FROM_TOP;
}

/** @param {(Item | Row | Api["ListEntryForm"])[]} items @returns {Run[][]} */
function runsIn(items) {
  return items.flatMap((item) => {
    if ("beside" in item && item.beside) return [];
    if (item.kind === "table") return runsIn(item.rows);
    if (item.kind === "list") return runsIn(item.items);
    return [...("cells" in item && item.cells ? item.cells : [item.runs ?? []]), ...runsIn(item.kind === "list_item" ? item.lists : [])];
  });
}

/** Numbers of one block or cell with their places; offsets count code points. A number never runs over a gap of markup. @param {Run[]} runs @returns {Figure[]} */
function numbersIn(runs) {
  return runs.flatMap((run) =>
    [...run.text.matchAll(NUMBER)].map((found) => {
      const start = run.start + Array.from(run.text.slice(0, found.index)).length;
      const after = run.text.slice(found.index + found[0].length);
      return { start, end: start + found[0].length, text: found[0], value: found[0].replace(/[,\s]/g, ""), unit: /^[\s-]?[\p{L}°]+/u.exec(after)?.[0] ?? "" };
    }));
}

/** For each of two sides, its numbers that the other side's quotes do not give; none where one side gives no number at all. @param {[{numbers: Figure[]}, {numbers: Figure[]}]} pair @returns {[Figure[], Figure[]]} */
export function differing([one, other]) {
  if (!one.numbers.length || !other.numbers.length) return [[], []];
  const values = [one, other].map((side) => new Set(side.numbers.map((each) => each.value)));
  return [one.numbers.filter((each) => !values[1].has(each.value)), other.numbers.filter((each) => !values[0].has(each.value))];
}

/** @param {[Column, Column]} pair @param {[Figure[], Figure[]]} only */
function differences(pair, only) {
  if (!only.flat().length) return [pair.every((side) => side.numbers.length) ? strings.sameNumbers : ""];
  const say = (/** @type {Figure[]} */ numbers) => [...new Set(numbers.map((each) => each.text + each.unit))].join(", ") || strings.none;
  return [strings.numbersDiffer(say(only[0]), say(only[1]))];
}

