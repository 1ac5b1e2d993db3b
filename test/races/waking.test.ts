import assert from "node:assert/strict";
import { test } from "node:test";
import type { SyncToken } from "../../src/protocol/sync-token.ts";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { seed, seedNote, times } from "./effort.ts";
import { below } from "./key-requests.ts";
import { askClaim, askUpload, turns } from "./key-use-cases.ts";
import { askSync, deviceOf, openCrashable } from "./open-crashable.ts";

function upload(round: number) {
  const keys = Array.from({ length: 5 }, (_, index) => [
    `signed_curve25519:${round}x${index}`,
    { key: `key ${round}x${index}`, signatures: {} },
  ]);
  const fallback = { [`signed_curve25519:F${round}`]: { key: `fallback ${round}`, signatures: {}, fallback: true } };
  return {
    ...{ deviceKeys: undefined, oneTimeKeys: Object.fromEntries(keys) },
    fallbackKeys: { fallback_keys: fallback },
  };
}

test("C8, S1: a sync that begins beside a claim never sleeps through it, nor through the fallback key's first use", async (t) => {
  t.diagnostic(seedNote);
  const random = seededNumbers(seed);
  const { store, clock, notifier } = await openCrashable(t);
  const { unitOfWork, snapshots } = store.database;
  const options = { database: store.database, clock, slowness: 0 };
  const alice = deviceOf("alice");
  await store.addDevices(alice);
  let since: SyncToken | undefined;
  /** Syncs, each of which waits until it is woken, until this is what a sync has told. */
  const untilTold = async (count: number, unused: number) => {
    for (;;) {
      const { nextBatch, device } = await askSync({ unitOfWork, snapshots, notifier, clock }, alice, since, 1);
      since = nextBatch;
      const { oneTimeKeys, unusedFallbackKeys } = device?.counts ?? assert.fail("S1: no counts");
      if (oneTimeKeys["signed_curve25519"] === count && unusedFallbackKeys.length === unused) return;
    }
  };
  for (let round = 0; round < 150 * times; round++) {
    assert.equal(await askUpload(options, alice, upload(round)), `200 {"signed_curve25519":5}`);
    await untilTold(5, 1);
    for (let left = 4; left >= -1; left--) {
      const [before, between] = [below(random, 5), below(random, 5)];
      const claiming = turns(before).then(() => askClaim(options, [alice], "signed_curve25519"));
      await turns(between);
      const [[answer]] = await Promise.all([claiming, untilTold(Math.max(left, 0), left < 0 ? 0 : 1)]);
      assert.notEqual(answer, "nothing");
    }
  }
});
