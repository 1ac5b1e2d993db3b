import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isBetterKey } from "../../../src/domain/key-backup/better-key.ts";
import { deleteRoomKey } from "../../../src/domain/key-backup/delete-room-keys.ts";
import { getNewestBackup } from "../../../src/domain/key-backup/get-backup.ts";
import type { KeyRank } from "../../../src/domain/key-backup/key-backup-store.ts";
import { storeRoomKeys } from "../../../src/domain/key-backup/store-room-keys.ts";
import { openHouse } from "../open-house.ts";
import { allKeys, given, houseWithBackup, room } from "./backed-up-house.ts";

const ranks = fc.record(
  { isVerified: fc.boolean(), firstMessageIndex: fc.nat(3), forwardedCount: fc.nat(3) },
  { noNullPrototype: true },
);

/** As the specification lists them, the first difference deciding; the smaller list is better. */
function order(rank: KeyRank): number[] {
  return [rank.isVerified ? 0 : 1, rank.firstMessageIndex, rank.forwardedCount];
}

function compare(one: KeyRank, other: KeyRank): number {
  const [a, b] = [order(one), order(other)];
  const place = a.findIndex((part, index) => part !== b[index]);
  return place === -1 ? 0 : (a[place] ?? 0) - (b[place] ?? 0);
}

test("B2: verified is better, then the lower first message, then the lower count of forwardings", () => {
  fc.assert(
    fc.property(ranks, ranks, (uploaded, stored) => {
      assert.equal(isBetterKey(uploaded, stored), compare(uploaded, stored) < 0);
      assert.ok(!(isBetterKey(uploaded, stored) && isBetterKey(stored, uploaded)));
    }),
    { numRuns: 2000 },
  );
});

const sessions = fc.constantFrom("A", "B", "C");
const steps = fc.oneof(
  { weight: 4, arbitrary: fc.record({ put: fc.dictionary(sessions, ranks, { maxKeys: 3, noNullPrototype: true }) }) },
  { weight: 1, arbitrary: fc.record({ remove: sessions }) },
);

test("B2, B3: after any uploads and deletions there is what a model says, and the etag has changed when the keys have", async (t) => {
  const house = await openHouse(t);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 12 }), async (history) => {
      const { requester, version } = await houseWithBackup(house, `user${runs++}`);
      const model = new Map<string, { rank: KeyRank; n: number }>();
      for (const [n, step] of history.entries()) {
        const before = await getNewestBackup(house, requester);
        let changed = false;
        let answer: { count: number; etag: string };
        if ("put" in step) {
          const uploads = Object.entries(step.put);
          for (const [session, rank] of uploads) {
            const stored = model.get(session);
            if (stored && compare(rank, stored.rank) >= 0) continue;
            model.set(session, { rank, n });
            changed = true;
          }
          const keys = uploads.map(([session, rank]) => given(room, session, rank, { n }));
          answer = await storeRoomKeys(house, requester, { version, keys });
        } else {
          changed = model.delete(step.remove);
          answer = await deleteRoomKey(house, requester, { version, roomId: room, sessionId: step.remove });
        }
        const after = await getNewestBackup(house, requester);
        assert.deepEqual([answer.count, answer.etag], [after.count, after.etag]);
        assert.equal(after.count, model.size);
        assert.equal(after.etag !== before.etag, changed);
      }
      const stored = await allKeys(house, requester, version);
      const expected = [...model].sort().map(([session, { rank, n }]) => [session, rank, `{"n":${n}}`]);
      assert.deepEqual(
        stored.map(({ roomId, sessionId, sessionData, ...rank }) => [sessionId, rank, sessionData]),
        expected,
      );
    }),
    { numRuns: 60 },
  );
});
