import { test } from "node:test";
import type { SyncAnswer } from "../../src/domain/sync/sync.ts";
import type { EventId } from "../../src/protocol/identifiers/event-id.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import type { SyncToken } from "../../src/protocol/sync-token.ts";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { putMembership, putRoom, storedEvent } from "../support/stored-rooms.ts";
import { seed, seedNote, times } from "./effort.ts";
import { below, pick } from "./key-requests.ts";
import { askSync, type Crashable, deviceOf, openCrashables } from "./open-crashable.ts";
import { deployments, postgres } from "./race-engines.ts";

const alice = deviceOf("alice");
const bob = deviceOf("bob");

/** Syncs until an event is told, and waits until it is woken: no time-out ends its waits. */
class WaitingClient {
  #since: SyncToken | undefined;

  async untilTold(eventId: EventId, choose: () => Crashable): Promise<void> {
    for (;;) {
      const { store, notifier, clock } = choose();
      const { unitOfWork, snapshots } = store.database;
      const answer = await askSync({ unitOfWork, snapshots, notifier, clock }, alice, this.#since, 1);
      this.#since = answer.nextBatch;
      if (tells(answer, eventId)) return;
    }
  }
}

function tells({ rooms }: SyncAnswer, eventId: EventId): boolean {
  return rooms.join.some(({ timeline }) => timeline.events.some(({ event }) => event.eventId === eventId));
}

/** Only the room is woken. */
function say({ store }: Crashable, roomId: RoomId, eventId: EventId): Promise<void> {
  return store.database.unitOfWork.run("everything", async ({ events }, commit) => {
    await events.append(storedEvent(roomId, bob.userId, { eventId }), undefined);
    commit.wake(roomId);
  });
}

function makeRoom({ store }: Crashable, roomId: RoomId): Promise<void> {
  return store.database.unitOfWork.run("everything", async (stores, commit) => {
    await putRoom(stores, roomId, bob.userId);
    commit.wake(roomId);
  });
}

function join({ store }: Crashable, roomId: RoomId): Promise<void> {
  return store.database.unitOfWork.run("everything", async (stores, commit) => {
    await putMembership(stores, roomId, alice.userId, "join");
    commit.wake(roomId, alice.userId);
  });
}

for (const deployment of deployments) {
  const rounds = deployment.engine === postgres ? 15 : 150;
  test(`a sync never sleeps through what happens in a room, nor in one that is joined while it waits (${deployment.name})`, async (t) => {
    t.diagnostic(seedNote);
    const random = seededNumbers(seed);
    const processes = await openCrashables(t, deployment);
    const any = () => pick(random, processes);
    await any().store.addDevices(alice, bob);
    const client = new WaitingClient();
    const roomIds: RoomId[] = [];
    for (let round = 0; round < rounds * times; round++) {
      const isNew = round % 5 === 0;
      const roomId = isNew ? (`!${round}:example.org` as RoomId) : pick(random, roomIds);
      if (isNew) roomIds.push(roomId);
      if (isNew) await makeRoom(any(), roomId);
      const eventId = `$event${round}` as EventId;
      const [before, between, after] = [below(random, 5), below(random, 5), below(random, 5)];
      const { store } = any();
      const happening = store.steps(before).then(async () => {
        if (isNew) await join(any(), roomId);
        await store.steps(after);
        await say(any(), roomId, eventId);
      });
      await store.steps(between);
      await Promise.all([happening, client.untilTold(eventId, any)]);
    }
  });
}
