import assert from "node:assert/strict";
import { test } from "node:test";
import { askClaim, askUpload, poolLimit } from "./key-use-cases.ts";
import { deviceOf, openCrashable } from "./open-crashable.ts";
import { raceEngines } from "./race-engines.ts";

const empty = '200 {"signed_curve25519":0}';
const alice = deviceOf("alice");

function uploadOf(first: number, count: number) {
  const numbers = Array.from({ length: count }, (_, index) => first + index);
  const keys = numbers.map((number) => [`signed_curve25519:${number}`, { key: `key ${number}`, signatures: {} }]);
  return { deviceKeys: undefined, oneTimeKeys: Object.fromEntries(keys), fallbackKeys: {} };
}

for (const engine of raceEngines) {
  test(`K5: the last 5,000 keys that were issued are not issued again, through uploads, crashes and restarts (${engine.name})`, async (t) => {
    const { store, clock } = await openCrashable(t, engine);
    await store.addDevices(alice);
    const options = () => ({ database: store.database, clock, slowness: 0 });
    const given = new Set<string>();
    for (let issued = 0; issued < 8400; issued += poolLimit) {
      assert.equal(await askUpload(options(), alice, uploadOf(issued, poolLimit)), `200 {"signed_curve25519":14}`);
      const claims = Array.from({ length: poolLimit }, () => askClaim(options(), [alice], "signed_curve25519"));
      for (const [answer] of await Promise.all(claims)) given.add(answer ?? "nothing");
      if (issued % (100 * poolLimit) === 0) await store.crash();
      if (issued % (130 * poolLimit) === 0) await store.restart();
      const total = issued + poolLimit;
      if (total % (150 * poolLimit) !== 0) continue;
      const again: Promise<string>[] = [];
      for (let first = Math.max(0, total - 5000); first < total; first += 500) {
        again.push(askUpload(options(), alice, uploadOf(first, Math.min(500, total - first))));
      }
      for (const answer of await Promise.all(again)) assert.equal(answer, empty);
    }
    assert.equal(given.size, 8400);
    assert.deepEqual(await askClaim(options(), [alice], "signed_curve25519"), ["nothing"]);
  });
}
