// Which page an offset stands on, and which picture of it is asked for.
import assert from "node:assert/strict";
import { test } from "node:test";

import { pageAt, widthFor } from "../../src/footnote/web/static/page-view.js";

test("an offset stands on the last page that begins before it", () => {
  const starts = [0, 10, 10, 25];
  assert.equal(pageAt(starts, 0), 1);
  assert.equal(pageAt(starts, 9), 1);
  assert.equal(pageAt(starts, 10), 3); // the second page is empty
  assert.equal(pageAt(starts, 24), 3);
  assert.equal(pageAt(starts, 400), 4);
});

test("what stands before the first page is on it", () => {
  assert.equal(pageAt([5, 20], 2), 1);
  assert.equal(pageAt([], 2), 1);
});

test("a picture is sharp on its screen, and one of a few", () => {
  globalThis.devicePixelRatio = 1;
  assert.deepEqual([0, 1, 400, 401, 1200, 2400, 9000].map(widthFor), [400, 400, 400, 800, 1200, 2400, 2400]);
  globalThis.devicePixelRatio = 2;
  assert.deepEqual([200, 201, 800].map(widthFor), [400, 800, 1600]);
});
