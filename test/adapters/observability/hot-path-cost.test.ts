import assert from "node:assert/strict";
import { test } from "node:test";
import { measureHotPath } from "./hot-path-cost.ts";

test("the measurement of the hot path has a figure for each call (how fast is not judged here)", async () => {
  const lines = await measureHotPath(100);
  assert.equal(lines.length, 5);
  for (const line of lines) assert.match(line, /: \d.* (ns|ms)$/);
});
