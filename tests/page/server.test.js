// The ways to the server, over a stand-in for the browser's fetch.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ask, change, forgetContents, readContents, readDocument, readStart } from "../../src/footnote/web/static/server.js";

let calls;
let answers;

const stream = (...parts) =>
  new Response(new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part));
      controller.close();
    },
  }));

beforeEach(() => {
  calls = [];
  answers = [];
  globalThis.document = { baseURI: "http://host/base/" };
  globalThis.fetch = async (url) => {
    calls.push(url);
    const next = answers.shift();
    if (next instanceof Error) throw next;
    return next;
  };
  forgetContents();
});

test("an answer that arrives in pieces, cut anywhere, is read whole", async () => {
  const answer = { answer: { question: "q" }, shown: {}, care: false };
  const message = `event: complete\ndata: ${JSON.stringify([answer])}\n\n`;
  answers = [Response.json({ event_id: "7/8" }), stream("event: heartbeat\ndata: null\n\nevent: comp", message.slice(11, 30), message.slice(30))];
  assert.deepEqual(await ask({ question: "q", history: [], documents: null, literal: false }, undefined), answer);
  assert.equal(calls[1], "http://host/base/gradio_api/call/v2/ask/7%2F8");
});

test("a problem is told in the page's own words", async () => {
  answers = [Response.json({ event_id: "7" }), stream('event: complete\ndata: [{"error": {"detail": "no index", "remedy": "build it", "status": 503}}]\n\n')];
  assert.deepEqual(await ask({ question: "q", history: [], documents: null, literal: false }, undefined), { error: { what: "no index", remedy: "build it", taken: false } });
});

for (const [said, kind, answer] of [
  ["busy", "busy", new Response("", { status: 503 })],
  ["asked too often", "busy", new Response("", { status: 429 })],
  ["without that document", "gone", new Response("", { status: 404 })],
  ["broken", "failed", new Response("", { status: 500 })],
  ["gone", "offline", new TypeError("Failed to fetch")],
]) {
  test(`a server that is ${said} is told apart`, async () => {
    answers = [answer];
    await assert.rejects(readStart(), { kind });
  });
}

test("a stream that ends without an answer is a server that is gone", async () => {
  answers = [Response.json({ event_id: "7" }), stream("event: heartbeat\ndata: null\n\n")];
  await assert.rejects(ask({ question: "q", history: [], documents: null, literal: false }, undefined), { kind: "offline" });
});

test("a name keeps its slashes and nothing else of an address", async () => {
  answers = [Response.json({})];
  await readDocument("a b/c#d?e%.md");
  assert.equal(calls[0], "http://host/base/api/v1/layouts/a%20b/c%23d%3Fe%25.md");
});

test("a refusal in no form that is known is told all the same", async () => {
  answers = [new Response("<html>", { status: 502 })];
  assert.deepEqual(Object.keys(await change([])), ["what"]);
  answers = [new Response(null, { status: 204 })];
  assert.equal(await change([]), null);
});

test("contents are asked for once, and again where the first try failed", async () => {
  answers = [new Response("", { status: 500 }), Response.json({ documents: [], questions: 0, topics: 0 })];
  await assert.rejects(readContents());
  assert.deepEqual((await readContents()).documents, []);
  await readContents();
  assert.equal(calls.length, 2);
});
