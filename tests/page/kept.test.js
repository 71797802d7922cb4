// Conversations as the browser keeps them: what is read back is looked at as if it came from anyone.
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { beforeEach, test } from "node:test";

import { Kept, storable } from "../../src/footnote/web/static/kept.js";

const KEY = "footnote.conversations";
const citation = { number: 1, doc: "a.md", title: "A", start: 0, end: 3, quote: "ice", heading_path: [], page: null };
const answer = { question: "q", interpreted_as: "q", answered: true, standing: "answered", confidence: 0.9, reason: null, explanation: "", missing_words: [], fingerprint: "f", track_record: { right: 9, of: 10 }, citations: [citation], nearest: null };
const turn = (question = "How thick?") => ({ question, literal: false, answer, shown: { confidence: "likely", related: [] }, quotes: [{ ...citation, items: [], state: "exact" }], verdicts: { 1: "supports", 9: "supports" } });

let room;

// Node 18 has it, but under no name of its own.
globalThis.crypto ??= webcrypto;

beforeEach(() => {
  const held = new Map();
  room = Infinity;
  globalThis.localStorage = {
    getItem: (key) => held.get(key) ?? null,
    setItem(key, value) {
      if (value.length > room) throw new Error("full");
      held.set(key, value);
    },
  };
});

test("a conversation comes back with its answers, places and verdicts, and without what was drawn", () => {
  const kept = new Kept();
  kept.keep([turn()]);
  const again = new Kept();
  const [back] = again.select(again.current.id);
  assert.equal(again.current.name, "How thick?");
  assert.deepEqual(back.verdicts, { 1: "supports" });
  assert.equal(back.answer.citations[0].quote, "ice");
  assert.equal("items" in back.answer.citations[0], false);
  assert.equal(back.confidence, "likely");
});

for (const [said, stored] of [
  ["no JSON", "{"],
  ["no list", '{"list": 7}'],
  ["no conversation", '{"list": [null, 3, {}, {"id": 1}]}'],
  ["no turn", '{"list": [{"id": "a", "name": "n", "turns": [null, {"question": 5}]}]}'],
]) {
  test(`what is stored may be ${said}`, () => {
    localStorage.setItem(KEY, stored);
    const kept = new Kept();
    assert.deepEqual(kept.list.flatMap((each) => kept.select(each.id)), []);
  });
}

for (const [said, change] of [
  ["an offset that is none", { start: -1 }],
  ["a path that is a text", { heading_path: "x" }],
  ["a quote that is too long", { quote: "x".repeat(30_000) }],
  ["a document that is an object", { doc: {} }],
]) {
  test(`an answer with ${said} is not shown, its question is`, () => {
    const broken = { ...answer, citations: [{ ...citation, ...change }] };
    localStorage.setItem(KEY, JSON.stringify({ current: null, list: [{ id: "a", name: "n", at: null, turns: [{ question: "q", answer: broken }] }] }));
    const [back] = new Kept().select("a");
    assert.equal(back.question, "q");
    assert.equal(back.answer, null);
  });
}

test("how an answer stands follows from what is there, whatever was stored", () => {
  localStorage.setItem(KEY, JSON.stringify({ list: [{ id: "a", name: "n", turns: [{ question: "q", answer: { ...answer, citations: [], standing: "answered", reason: "small_talk" } }] }] }));
  assert.equal(new Kept().select("a")[0].answer.standing, "reply");
});

test("where the browser's room is used up the oldest conversation gives way, never the current one", () => {
  const kept = new Kept();
  for (const name of ["first", "second", "third"]) {
    kept.select(null);
    kept.keep([turn(name)]);
  }
  room = localStorage.getItem(KEY).length - 10;
  kept.keep([turn("third")]);
  assert.deepEqual(new Kept().list.map((each) => each.name), ["third", "second"]);
});

test("a question without an answer is kept as a question", () => {
  assert.deepEqual(storable({ ...turn(), answer: null, care: false }), { question: "How thick?", literal: false, care: false });
});
