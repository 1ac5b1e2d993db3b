import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { openDatabase } from "../../src/adapters/sql/open-database.ts";
import { InProcessTurns } from "../../src/adapters/system/in-process-turns.ts";
import { systemClock } from "../../src/adapters/system/system-clock.ts";
import { systemRandom } from "../../src/adapters/system/system-random.ts";
import { createRoom } from "../../src/domain/room-memberships/create-room.ts";
import { sendEvent } from "../../src/domain/room-timelines/send-event.ts";
import type { EventId } from "../../src/protocol/identifiers/event-id.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import { alice, newUser, openHouse } from "../domain/open-house.ts";
import { requesterOf } from "../domain/profiles/room-house.ts";
import { emptyDatabase, temporaryFolder } from "./note-databases.ts";
import { tidyLater } from "./tidy.ts";

const plain = {
  ...{ visibility: undefined, roomVersion: undefined, roomAliasName: undefined, name: undefined, topic: undefined },
  ...{ isDirect: false, invite: [], invite3pid: [], creationContent: {}, initialState: [] },
  ...{ powerLevelContentOverride: {}, preset: "public_chat" },
};

/** A room of alice on PostgreSQL, and the statements that were run since they were last asked for. */
async function openRoom(t: TestContext) {
  let statements: string[] = [];
  const place = { engine: "postgres", url: await emptyDatabase(t), poolSize: 4, listenUrl: undefined } as const;
  const database = await openDatabase(
    { ...place, preparedStatements: "auto" },
    {
      ...{ dataDir: temporaryFolder(t), serverName: "example.org", role: "server", watchdog: true },
      ...{ clock: systemClock, random: systemRandom, wake: () => undefined, wakeAll: () => undefined },
      ...{ timer: (name) => void statements.push(name), onRestore: async () => undefined },
    },
  );
  const { unitOfWork, snapshots } = database;
  const house = { ...(await openHouse(t)), unitOfWork, snapshots, turns: new InProcessTurns() };
  tidyLater(t, () => database.close());
  await newUser(house);
  const roomId = (await createRoom(house, requesterOf(alice), plain)) as RoomId;
  const say = (transactionId: string): Promise<EventId> =>
    sendEvent(house, requesterOf(alice), { roomId, type: "m.room.message", transactionId, content: { transactionId } });
  const takeStatements = () => {
    // Of what the process does beside it, in its own time, nothing counts.
    const ofUnits = statements.filter((name) => !/^(wakes|snapshot|leases)\./.test(name));
    statements = [];
    return ofUnits.sort();
  };
  return { say, takeStatements };
}

test("messages that share a unit share its statements: thirty cost no more of them than two", async (t) => {
  const { say, takeStatements } = await openRoom(t);
  takeStatements();
  await say("alone");
  const ofOne = takeStatements();
  assert.ok(ofOne.includes("sent_events.find") && ofOne.includes("sent_events.add") && ofOne.includes("events.add"));
  for (const waiting of [2, 30]) {
    const ids = await Promise.all(Array.from({ length: 1 + waiting }, (_, number) => say(`${number} of ${waiting}`)));
    assert.equal(new Set(ids).size, 1 + waiting);
    // The first goes alone, and all others after it.
    assert.deepEqual(takeStatements(), [...ofOne, ...ofOne].sort());
  }
});

test("R2: of one transaction that is sent many times in one unit one event is stored", async (t) => {
  const { say } = await openRoom(t);
  const ids = await Promise.all(["first", "again", "again", "again"].map(say));
  assert.equal(new Set(ids).size, 2);
  assert.equal(await say("again"), ids[1]);
});
