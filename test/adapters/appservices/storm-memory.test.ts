import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { claimOf, openKeys } from "./open-keys.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

test("Q6: callers who gave up leave nothing behind while an appservice hangs", async (t) => {
  const { bridge, claim, query } = await openKeys(t);
  bridge.hang("claim");
  bridge.hang("query");
  const wave = () =>
    Array.from({ length: 2000 }, (_, index) => {
      const users = Array.from({ length: 10 }, (_, step) => `@bridge_${(index * 7 + step) % 2000}:localhost`);
      const wanted = Object.fromEntries(users.map((userId) => [userId, ["DEVICE"]]));
      return [query(wanted, 1), claim([claimOf(`D${index}`)], 1)];
    });
  const heapAfter = async (waves: number) => {
    for (let count = 0; count < waves; count++) await Promise.all(wave().flat());
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = await heapAfter(2);
  const grown = (await heapAfter(10)) - before;
  // 20,000 callers with 200,000 wishes would be over 20 MB.
  assert.ok(grown < 5_000_000, `${grown} bytes`);
  assert.ok(bridge.requests.length <= 5);
});
