import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatPageToken, parsePageToken } from "../../src/protocol/page-token.ts";
import { parseSyncToken } from "../../src/protocol/sync-token.ts";

const tokens = fc.record({ depth: fc.maxSafeNat(), position: fc.maxSafeNat() }, { noNullPrototype: true });

test("a token is short, versioned and reads back as it was written", () => {
  assert.equal(formatPageToken({ depth: 36, position: 0 }), "p1_10_0");
  fc.assert(fc.property(tokens, (token) => assert.deepEqual(parsePageToken(formatPageToken(token)), token)));
  const last = { depth: Number.MAX_SAFE_INTEGER, position: Number.MAX_SAFE_INTEGER };
  assert.deepEqual(parsePageToken(formatPageToken(last)), last);
});

test("only what is written is read: one token has one form, and it is no token of a sync", () => {
  const tooLarge = (2 ** 53).toString(36);
  for (const text of [
    ...[
      "",
      "p1",
      "p1_1",
      "p2_1_1",
      "p1_01_1",
      "p1_1_00",
      "p1_A_1",
      "p1_-1_1",
      "p1__1",
      "p1_1_1 ",
      "p1_1_1\n",
      " p1_1_1",
    ],
    ...["p1_1_1_", "s1_1_1_", `p1_${tooLarge}_1`, "p1_1_zzzzzzzzzzz", "p1_1.5_1"],
  ]) {
    assert.equal(parsePageToken(text), undefined, text);
  }
  fc.assert(fc.property(tokens, (token) => assert.equal(parseSyncToken(formatPageToken(token)), undefined)));
});

test("what is no place is a mistake of ours", () => {
  for (const wrong of [-1, 0.5, Number.NaN, 2 ** 53, -0]) {
    assert.throws(() => formatPageToken({ depth: wrong, position: 0 }), RangeError);
    assert.throws(() => formatPageToken({ depth: 0, position: wrong }), RangeError);
  }
});
