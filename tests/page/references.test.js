// Quotes in the forms that people paste elsewhere.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { csvCell, escapeMarkdown, markdown, plain, placeText, sheetCsv, sheetMarkdown } from "../../src/footnote/web/static/references.js";

const run = (text) => [{ start: 0, text, styles: [] }];
const quote = (more = {}) => ({
  number: 1, doc: "moons.md", title: "Moons", start: 3, end: 20, quote: "Ice  is thick.", heading_path: ["Moons", "Europa"], page: 2, author: "A. Author", date: "2026-01-05", source: "", state: "exact",
  items: [{ kind: "paragraph", runs: run("Ice  is thick.") }], ...more,
});

beforeEach(() => {
  globalThis.location = { pathname: "/", href: "http://127.0.0.1:7860/" };
});

test("a place names title, headings, page and who wrote it, the title once", () => assert.equal(placeText(quote()), "Moons, Europa, page 2 (A. Author, 2026-01-05)"));

test("a copied quote is its text, its place and a link to it", () => {
  const [said, place, link] = plain(quote()).split("\n");
  assert.equal(said, "“Ice is thick.”");
  assert.equal(place, "Moons, Europa, page 2 (A. Author, 2026-01-05)");
  assert.match(link, /^http:\/\/127\.0\.0\.1:7860\/#read=moons\.md:3-20~/);
});

test("a list stays a list, with its levels", () => {
  const items = [{ kind: "list", ordered: false, items: [{ kind: "list_item", runs: run("first"), lists: [{ kind: "list", ordered: true, items: [{ kind: "list_item", runs: run("below"), lists: [] }] }] }, { kind: "list_item", runs: run("second"), lists: [] }] }];
  assert.match(markdown(quote({ items })), /^> - first\n> {3}1\. below\n> - second\n/);
});

test("cells of a row stand apart, and its header is not quoted", () => {
  const items = [{ kind: "table", header: { kind: "table_header", cells: [run("Moon")], beside: true }, rows: [{ kind: "table_row", cells: [run("Titan"), run("5,150 km")] }] }];
  assert.match(plain(quote({ items })), /^“Titan \| 5,150 km”/);
});

test("nothing of a document is Markdown's own", () => assert.equal(escapeMarkdown("a*b_[c](d)<e>|#~`\\"), "a\\*b\\_\\[c\\](d)\\<e\\>\\|\\#\\~\\`\\\\"));

for (const [text, cell] of [["=1+1", `"'=1+1"`], ["-2", `"'-2"`], ["@x", `"'@x"`], ['say "a"', '"say ""a"""'], [null, '""'], [7, '"7"']]) {
  test(`a cell is inert: ${text}`, () => assert.equal(csvCell(text), cell));
}

test("the check sheet has a row for each quote, with what was said of it", () => {
  const turn = { question: "How | thick?", quotes: [quote(), quote({ number: 2, state: "moved" })], verdicts: { 2: "does not" } };
  const rows = sheetCsv([turn]).trim().split("\r\n");
  assert.equal(rows.length, 3);
  assert.match(rows[1], /^"1","not checked","Ice {2}is thick\."/);
  assert.match(rows[2], /^"2","Does not"/);
  const lines = sheetMarkdown([turn]).split("\n").filter((line) => line.startsWith("|"));
  assert.equal(lines.length, 4);
  assert.equal(new Set(lines.map((line) => line.replace(/\\\|/g, "").split("|").length)).size, 1);
});
