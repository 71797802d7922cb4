// Quotes that were kept, over a stand-in for the browser's storage.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Tray, cited } from "../../src/footnote/web/static/tray.js";

const KEY = "footnote.tray";
const quote = { number: 2, doc: "a.md", title: "A", start: 0, end: 3, quote: "ice", heading_path: ["H"], page: null, state: "exact", items: [{ kind: "paragraph" }] };

let held;

beforeEach(() => {
  held = new Map();
  globalThis.document = { baseURI: "http://host/" };
  globalThis.localStorage = { getItem: (key) => held.get(key) ?? null, setItem: (key, value) => held.set(key, value) };
});

test("a quote is kept once, comes back with its note, and goes again", () => {
  let changes = 0;
  const tray = new Tray(() => changes++);
  tray.toggle(quote, "How thick?");
  tray.note(tray.list[0], "For the opening.");
  const again = new Tray(() => {});
  assert.equal(again.has(quote), true);
  assert.equal(again.has({ ...quote, end: 4 }), false);
  assert.deepEqual([again.list[0].note, again.list[0].question, "items" in again.list[0]], ["For the opening.", "How thick?", false]);
  tray.toggle(quote, "How thick?");
  assert.deepEqual([new Tray(() => {}).list, changes], [[], 2]);
});

for (const stored of ["{", "7", '[null, 3, {"doc": {}}]', JSON.stringify([{ ...quote, start: -1 }])]) {
  test(`what is stored may be no quote: ${stored.slice(0, 20)}`, () => {
    held.set(KEY, stored);
    assert.deepEqual(new Tray(() => {}).list, []);
  });
}

test("only what the server needs is sent to be cited", async () => {
  let sent;
  globalThis.fetch = async (_, options) => {
    sent = JSON.parse(options.body);
    return Response.json({ text: "cited", left_out: 0 });
  };
  assert.equal(await cited("apa", [{ ...quote, note: "n" }]), "cited");
  assert.deepEqual(sent, { form: "apa", quotes: [{ doc: "a.md", start: 0, end: 3, quote: "ice", before: "", after: "", note: "n" }] });
});
