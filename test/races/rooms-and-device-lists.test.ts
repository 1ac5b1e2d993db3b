import assert from "node:assert/strict";
import { test } from "node:test";
import { announceDeviceListChange } from "../../src/domain/device-lists/announce-change.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { putMembership, putRoom } from "../support/stored-rooms.ts";
import { seed, seedNote, times } from "./effort.ts";
import { pick } from "./key-requests.ts";
import { type Crashable, openCrashables } from "./open-crashable.ts";
import { deployments, postgres } from "./race-engines.ts";

const [listener, mover] = ["@listener:localhost", "@mover:localhost"] as [UserId, UserId];

/** What somebody has heard who has seen everything up to `since`, and sees everything up to `upTo`. */
interface Heard {
  readonly since: number;
  readonly upTo: number;
  readonly changed: readonly UserId[];
  readonly left: readonly UserId[];
}

function move({ store }: Crashable, roomId: RoomId, after: "join" | "leave"): Promise<void> {
  const before = after === "join" ? "leave" : "join";
  return store.database.unitOfWork.run({ exclusive: [roomId], shared: [mover] }, (stores) =>
    putMembership(stores, roomId, mover, after, before),
  );
}

function change({ store }: Crashable): Promise<void> {
  return store.database.unitOfWork.run({ exclusive: [mover] }, (stores, commit) =>
    announceDeviceListChange(stores, commit, mover),
  );
}

function hear({ store }: Crashable, since: number): Promise<Heard> {
  return store.database.snapshots.read(async ({ deviceLists, stream }) => {
    const upTo = await stream.findPosition();
    return { since, upTo, ...(await deviceLists.listChanges(listener, since)) };
  });
}

for (const deployment of deployments) {
  const rounds = deployment.engine === postgres ? 12 : 60;
  test(`S2: who joins, leaves and changes devices at once is never missed by who reads meanwhile (${deployment.name})`, async (t) => {
    t.diagnostic(seedNote);
    const random = seededNumbers(seed);
    const processes = await openCrashables(t, deployment);
    const any = () => pick(random, processes);
    for (let round = 0; round < rounds * times; round++) {
      const roomId = `!room${round}` as RoomId;
      await any().store.database.unitOfWork.run({ exclusive: [roomId], shared: [listener] }, (stores) =>
        putRoom(stores, roomId, listener),
      );
      const begin = await hear(any(), 0);
      const reading = { isOver: false };
      const heard = readOn(any, begin.upTo, reading);
      await Promise.all([move(any(), roomId, "join"), change(any()), change(any())]);
      await Promise.all([move(any(), roomId, "leave"), change(any())]);
      reading.isOver = true;
      checkHeard(await heard, `round ${round}`);
      const all = await hear(any(), begin.upTo);
      assert.deepEqual([all.changed, all.left], [[], []], "it came and went");
    }
  });
}

async function readOn(any: () => Crashable, from: number, reading: { isOver: boolean }): Promise<Heard[]> {
  const all: Heard[] = [];
  for (let since = from, isLast = false; !isLast; since = all.at(-1)?.upTo ?? since) {
    isLast = reading.isOver;
    all.push(await hear(any(), since));
  }
  return all;
}

/** Whoever was seen to be there has been seen to come before, and to go after it. */
function checkHeard(all: readonly Heard[], round: string): void {
  let isKnown = false;
  for (const { since, upTo, changed, left } of all) {
    const what = `${round}, ${since} to ${upTo}`;
    assert.ok(!(changed.includes(mover) && left.includes(mover)), what);
    if (left.includes(mover)) assert.equal(isKnown, true, `${what}: left without having been there`);
    isKnown = changed.includes(mover) || (isKnown && !left.includes(mover));
  }
  assert.equal(isKnown, false, `${round}: it was not told that the user has left`);
}
