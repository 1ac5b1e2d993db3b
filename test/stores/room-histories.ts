import assert from "node:assert/strict";
import { addSnapshot } from "../../src/domain/rooms/add-snapshot.ts";
import type { StateKey } from "../../src/domain/rooms/authorisation/auth-event.ts";
import type { StateChange } from "../../src/domain/rooms/room-state-store.ts";
import type { EventId } from "../../src/protocol/identifiers/event-id.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import type { TestDatabase } from "./engines.ts";
import { read, stateEvent } from "./room-events.ts";
import { eventNamed } from "./room-ids.ts";

interface LivedChange {
  readonly place: number;
  readonly isRemoval: boolean;
}

/** Makes these changes in a room, some in a unit; gives the state after each: event ids by type and state key. */
export async function live(database: TestDatabase, roomId: RoomId, history: readonly LivedChange[]) {
  const changes = history.map(({ place, isRemoval }, index): StateChange => {
    const id = isRemoval ? undefined : eventNamed(`${roomId} ${index}`);
    return { type: `t${place % 3}`, stateKey: `k${place}`, eventId: id };
  });
  for (let start = 0; start < changes.length; start += 50) {
    await database.unitOfWork.run("everything", async ({ events, roomState }) => {
      for (const [index, change] of changes.slice(start, start + 50).entries()) {
        const { type, stateKey, eventId: id } = change;
        const before = start + index === 0 ? undefined : start + index;
        await addSnapshot(roomState, roomId, start + index + 1, before, change);
        if (id) await events.append(stateEvent(id.slice(1), type, stateKey, { roomId }), undefined);
      }
    });
  }
  let state = new Map<string, EventId>();
  return changes.map(({ type, stateKey, eventId: id }) => {
    state = new Map(state);
    if (id) state.set(`${type} ${stateKey}`, id);
    else state.delete(`${type} ${stateKey}`);
    return state;
  });
}

/** That a snapshot has this state. */
export async function expectState(
  database: TestDatabase,
  roomId: RoomId,
  id: number,
  state: ReadonlyMap<string, EventId>,
): Promise<void> {
  const places = Array.from({ length: 16 }, (_, place): StateKey => [`t${place % 3}`, `k${place}`]);
  await read(database, async ({ roomState }) => {
    const found = await roomState.listAt(roomId, id, places);
    const expected = places.flatMap(([type, stateKey]) => state.get(`${type} ${stateKey}`) ?? []);
    assert.deepEqual(found.map((event) => event.eventId).sort(), expected.sort());
  });
}
