import assert from "node:assert/strict";
import { test } from "node:test";
import { errcodes } from "../../src/protocol/errcodes.ts";

test("the catalogue of error codes is alphabetical and has no duplicates", () => {
  assert.deepEqual([...new Set(errcodes)].sort(), [...errcodes]);
});
