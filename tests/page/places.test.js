// Addresses of places: what is written is read again, a place is found again, and someone else's address breaks nothing.
import assert from "node:assert/strict";
import { test } from "node:test";

import { checkOf, fragment, linked, located } from "../../src/footnote/web/static/places.js";

const paragraph = (text, start = 0) => ({ kind: "paragraph", block: 0, start, end: start + Array.from(text).length, runs: [{ start, text, styles: [] }] });

test("an address of a quote is read as the place that it was written of", () => {
  const items = [paragraph("Europa is covered by ice.")];
  const hash = fragment({ doc: "moons & more/très.md", start: 0, end: 6, items });
  const place = linked(hash);
  assert.equal(place.doc, "moons & more/très.md");
  assert.deepEqual([place.start, place.end], [0, 6]);
  assert.deepEqual(place.letters, checkOf(items, 0, 6));
});

test("an address of a heading, and one of a document alone, say no more", () => {
  assert.deepEqual(linked(fragment({ doc: "a.md", start: 12, heading: true })), { doc: "a.md", start: 12, heading: true });
  assert.deepEqual(linked(fragment({ doc: "a.md" })), { doc: "a.md" });
});

test("a quote that moved is found by its letters, where it stands nearest", () => {
  const letters = checkOf([paragraph("ice shell", 0)], 0, 9);
  const items = [paragraph("An ice shell. ", 0), paragraph("Far away another ice shell lies.", 100)];
  assert.deepEqual(located(items, { start: 110, end: 119, letters }), { start: 117, end: 126 });
  assert.deepEqual(located(items, { start: 0, end: 9, letters }), { start: 3, end: 12 });
});

test("a quote whose letters are nowhere is nowhere", () => {
  const letters = checkOf([paragraph("ice shell")], 0, 9);
  assert.equal(located([paragraph("An ocean of water")], { start: 0, end: 9, letters }), null);
});

test("offsets count characters outside the basic plane once", () => {
  const items = [paragraph("🌕🌕 full moon", 0)];
  const letters = checkOf([paragraph("moon")], 0, 4);
  assert.deepEqual(located(items, { start: 0, end: 4, letters }), { start: 8, end: 12 });
});

test("what is beside a row is no part of what is counted, cells and nested lists are", () => {
  const run = (text, start) => [{ start, text, styles: [] }];
  const table = { kind: "table", table: 0, header: { kind: "table_header", cells: [run("Moon", 0)], beside: true }, rows: [{ kind: "table_row", cells: [run("Titan", 10), run("15", 20)] }] };
  const list = { kind: "list", ordered: false, items: [{ kind: "list_item", runs: run("ab", 30), lists: [{ kind: "list", ordered: false, items: [{ kind: "list_item", runs: run("cd", 40), lists: [] }] }] }] };
  assert.equal(checkOf([table]).count, 7);
  assert.equal(checkOf([list]).count, 4);
});

for (const hash of ["", "#", "#read=", "#read=%E0%A4%A", "#documents", `#read=${"x".repeat(4000)}`, "#read=a:5-2~1.zz:9", "#read?start=1"]) {
  test(`an address that names nothing opens nothing: ${JSON.stringify(hash.slice(0, 30))}`, () => assert.equal(linked(hash), null));
}

test("an address that runs backwards names the document alone", () => assert.deepEqual(linked("#read=a.md:9-2~1.z"), { doc: "a.md" }));

test("an address of the long kind is bounded", () => {
  const place = linked(`#read?${new URLSearchParams({ doc: "a.md", start: "1", end: "4", quote: "q".repeat(30_000), before: "b".repeat(900) })}`);
  assert.equal(place.quote.length, 20_000);
  assert.equal(place.before.length, 200);
});
