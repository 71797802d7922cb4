// Addresses of places: a document, two offsets, and a check of the letters between them, so that a link outlives small changes.

const BASE = 1_000_003;
const LETTER = /[\p{L}\p{N}]/u;

/**
 * Letters and digits of laid-out items with their offsets, which count code points; markup and punctuation do not count.
 * @param {Item[]} items
 */
function lettersOf(items, start = 0, end = Infinity) {
  /** @type {[character: number, at: number][]} */
  const letters = [];
  /** @param {Item | Row | Api["ListEntryForm"]} item */
  const walk = (item) => {
    if ("beside" in item && item.beside) return;
    if (item.kind === "table") [item.header, ...item.rows].forEach((row) => row && walk(row));
    else if (item.kind === "list") item.items.forEach(walk);
    else for (const run of "cells" in item && item.cells ? item.cells.flat() : (item.runs ?? [])) take(run);
    if (item.kind === "list_item") item.lists.forEach(walk);
  };
  const take = (/** @type {Run} */ run) => {
    let at = run.start;
    for (const character of run.text) {
      if (at >= start && at < end && LETTER.test(character)) letters.push([character.codePointAt(0) ?? 0, at]);
      at++;
    }
  };
  items.forEach(walk);
  return letters;
}

const sumOf = (/** @type {[number, number][]} */ letters) => letters.reduce((sum, [code]) => (Math.imul(sum, BASE) + code) >>> 0, 0);

/** The address of a place: the document alone, a heading of it, or a stretch with the count and the check of its letters. @param {Place} place */
export function fragment(place) {
  const doc = place.doc.split("/").map(encodeURIComponent).join("/");
  if (place.start === undefined) return `#read=${doc}`;
  if (place.heading) return `#read=${doc}:${place.start}`;
  const letters = place.letters ?? checkOf(place.items ?? [], place.start, place.end);
  return `#read=${doc}:${place.start}-${place.end}~${letters.count}.${letters.sum.toString(36)}`;
}

/** @param {Item[]} items @param {number} [start] @param {number} [end] */
export function checkOf(items, start, end) {
  const letters = lettersOf(items, start, end);
  return { count: letters.length, sum: sumOf(letters) };
}

export const permalink = (/** @type {Place} */ place) => new URL(location.pathname + fragment(place), location.href).href;

/** A link that asks a question anew. */
export const questionLink = (/** @type {string} */ question) => new URL(`${location.pathname}?q=${encodeURIComponent(question)}`, location.href).href;

/** What the page's address names, or null. Everything in it is someone else's text. @returns {Place | null} */
export function linked(hash = location.hash) {
  if (hash.startsWith("#read?")) return spelledOut(new URLSearchParams(hash.slice("#read?".length)));
  const found = /^#read=([^:]{1,3000})(?::(\d{1,12})(?:-(\d{1,12})~(\d{1,7})\.([0-9a-z]{1,7}))?)?$/.exec(hash);
  if (!found) return null;
  let doc;
  try {
    doc = decodeURIComponent(found[1]);
  } catch {
    return null;
  }
  if (!doc || doc.length > 1000) return null;
  const [start, end, count] = found.slice(2, 5).map(Number);
  if (found[2] && !found[3]) return { doc, start, heading: true };
  if (!found[2] || end < start || !count) return { doc };
  return { doc, start, end, letters: { count, sum: Number.parseInt(found[5], 36) } };
}

/** A link of the long kind, with the whole quote in it. @param {URLSearchParams} query @returns {Place | null} */
function spelledOut(query) {
  const doc = query.get("doc") ?? "";
  if (!doc || doc.length > 1000) return null;
  const [start, end] = ["start", "end"].map((key) => Number.parseInt(query.get(key) ?? "", 10));
  const quote = (query.get("quote") ?? "").slice(0, 20_000);
  if (!quote || !(start >= 0) || !(end >= start)) return { doc };
  const [before, after] = ["before", "after"].map((key) => (query.get(key) ?? "").slice(0, 200));
  return { doc, start, end, quote, before, after };
}

/**
 * Where in a document the letters of a link stand now: at its offsets, else the one nearest to them; null where nowhere.
 * @param {Item[]} items
 * @param {Stretch & {letters: {count: number, sum: number}}} link
 * @returns {Stretch | null}
 */
export function located(items, { start, end, letters: { count, sum } }) {
  const here = checkOf(items, start, end);
  if (here.count === count && here.sum === sum) return { start, end };
  const all = lettersOf(items);
  let lead = 1;
  for (let n = 1; n < count; n++) lead = Math.imul(lead, BASE);
  /** @type {Stretch | null} */
  let best = null;
  let running = 0;
  all.forEach(([code], n) => {
    if (n >= count) running -= Math.imul(all[n - count][0], lead);
    running = (Math.imul(running, BASE) + code) >>> 0;
    if (n < count - 1 || running !== sum) return;
    const found = { start: all[n - count + 1][1], end: all[n][1] + 1 };
    if (!best || Math.abs(found.start - start) < Math.abs(best.start - start)) best = found;
  });
  return best;
}
