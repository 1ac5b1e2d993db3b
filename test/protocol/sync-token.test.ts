import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatSyncToken, parseSyncToken } from "../../src/protocol/sync-token.ts";

const told = fc.stringMatching(/^[A-Za-z0-9_-]{0,22}$/);
const tokens = fc.record(
  { position: fc.maxSafeNat(), toDevicePosition: fc.maxSafeNat(), told },
  { noNullPrototype: true },
);

test("a token is short, versioned and reads back as it was written", () => {
  assert.equal(formatSyncToken({ position: 36, toDevicePosition: 0, told: "a_-" }), "s1_10_0_a_-");
  fc.assert(fc.property(tokens, (token) => assert.deepEqual(parseSyncToken(formatSyncToken(token)), token)));
});

test("the bounds of the positions are in the range", () => {
  const token = { position: Number.MAX_SAFE_INTEGER, toDevicePosition: 2 ** 40, told: "x".repeat(22) };
  assert.deepEqual(parseSyncToken(formatSyncToken(token)), token);
});

test("only what is written is read: one token has one form", () => {
  const tooLarge = (2 ** 53).toString(36);
  const bad = [
    "",
    "s1",
    "s1_1_1",
    "s2_1_1_",
    "s1_01_1_",
    "s1_1_00_",
    "s1_A_1_",
    "s1_-1_1_",
    "s1_1__",
    "s1_1_1_ ",
    "s1_1_1_\n",
  ];
  for (const text of [
    ...bad,
    `s1_${tooLarge}_1_`,
    "s1_1_zzzzzzzzzzz_",
    `s1_1_1_${"x".repeat(23)}`,
    "s1_1.5_1_",
    " s1_1_1_",
  ]) {
    assert.equal(parseSyncToken(text), undefined, text);
  }
  fc.assert(
    fc.property(fc.stringMatching(/^s1_[0-9a-z]{1,12}_[0-9a-z]{1,12}_[A-Za-z0-9_-]{0,24}$/), (text) => {
      const token = parseSyncToken(text);
      return token === undefined || formatSyncToken(token) === text;
    }),
  );
});

test("no token is made of what could not be read again", () => {
  const good = { position: 1, toDevicePosition: 1, told: "" };
  const wrong = [{ position: -1 }, { position: -0 }, { position: 1.5 }, { toDevicePosition: 2 ** 53 }, { told: "a+b" }];
  for (const change of wrong) assert.throws(() => formatSyncToken({ ...good, ...change }), RangeError);
});
