// What is worked out before anything is drawn: where marks cut a run, and which numbers differ between two documents.
import assert from "node:assert/strict";
import { test } from "node:test";

import { pieces, textOf } from "../../src/footnote/web/static/blocks.js";
import { differing } from "../../src/footnote/web/static/compare.js";
import { groupedByFolder } from "../../src/footnote/web/static/shelf.js";
import { strings } from "../../src/footnote/web/static/strings.js";

const mark = (start, end) => ({ start, end, label: "1", kind: "quote" });

test("a run is cut at the borders of its marks, and all of its text stays", () => {
  const run = { start: 10, text: "Europa is covered by ice.", styles: [] };
  const cut = pieces(run, [mark(0, 16), mark(13, 19), mark(100, 200)]);
  assert.deepEqual(cut.map(({ text, marks }) => [text, marks.length]), [["Eur", 1], ["opa", 2], [" is", 1], [" covered by ice.", 0]]);
});

test("marks count characters outside the basic plane once", () => {
  const cut = pieces({ start: 0, text: "🌕🌕 moon", styles: [] }, [mark(1, 2)]);
  assert.deepEqual(cut.map(({ text }) => text), ["🌕", "🌕", " moon"]);
});

test("a run without a mark is one piece", () => assert.deepEqual(pieces({ start: 0, text: "ice" }, []), [{ text: "ice", marks: [] }]));

test("a blank that is not in the text parts two runs", () => assert.equal(textOf([{ text: "a" }, { text: "b", blank: true }]), "a b"));

test("only numbers that the other document does not give differ", () => {
  const side = (...values) => ({ numbers: values.map((value) => ({ value })) });
  assert.deepEqual(differing([side("40", "10"), side("40", "60")]), [[{ value: "10" }], [{ value: "60" }]]);
  assert.deepEqual(differing([side("40"), side()]), [[], []]);
});

test("counts are said in words that agree with them", () => {
  assert.equal(strings.weaker(1), "1 more quote");
  assert.equal(strings.weaker(2), "2 more quotes");
  assert.equal(strings.changeDone(1, 0, 2), "1 added, 2 not added");
  assert.equal(strings.changeDone(0, 0, 0), "Up to date.");
  assert.equal(strings.allQuestions(5, 0), "All 5 questions");
});

test("documents are grouped by the folder that they lie in, those in none first", () => {
  const groups = groupedByFolder(["north/b.md", "a.md", "north/deep/c.md", "north/d.md"].map((doc) => ({ doc })));
  assert.deepEqual([...groups].map(([folder, inside]) => [folder, inside.map(({ doc }) => doc)]), [["", ["a.md"]], ["north", ["north/b.md", "north/d.md"]], ["north/deep", ["north/deep/c.md"]]]);
});
