import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { InProcessNotifier } from "../../../src/adapters/system/in-process-notifier.ts";
import { everything } from "../../../src/domain/filters/filter.ts";
import { pagesFrom } from "../../../src/domain/kernel/pages.ts";
import type { Snapshots } from "../../../src/domain/kernel/unit-of-work.ts";
import { getState } from "../../../src/domain/room-timelines/get-state.ts";
import { setStateEvent } from "../../../src/domain/room-timelines/set-state-event.ts";
import type { ShownEvent } from "../../../src/domain/room-timelines/shown-event.ts";
import { statePageLength } from "../../../src/domain/rooms/long-state.ts";
import { noTimeline } from "../../../src/domain/sync/sections/rooms/read-timeline.ts";
import { noChanges } from "../../../src/domain/sync/sections/rooms/state-changes.ts";
import { readState } from "../../../src/domain/sync/sections/rooms/state-part.ts";
import { sync } from "../../../src/domain/sync/sync.ts";
import type { RoomId } from "../../../src/protocol/identifiers/room-id.ts";
import { formatSyncToken } from "../../../src/protocol/sync-token.ts";
import type { House } from "../open-house.ts";
import { openRoomOfAlice, requester } from "./small-house.ts";

const length = 2 * statePageLength + 50;
const keys = Array.from({ length }, (_, index) => `key ${String(index).padStart(3, "0")}`);

function put(house: House, roomId: RoomId, stateKey: string, version: number): Promise<unknown> {
  return setStateEvent(house, requester, { roomId, type: "z.type", stateKey, content: { version } });
}

async function longRoom(t: TestContext) {
  const { house, roomId } = await openRoomOfAlice(t);
  for (const key of keys) await put(house, roomId, key, 1);
  return { house, roomId };
}

/** Snapshots that count how many state events each of them has read. */
function countedSnapshots(house: House) {
  const counts: number[] = [];
  const read = <T>(work: (stores: never) => Promise<T>): Promise<T> =>
    house.snapshots.read((stores) => {
      const place = counts.push(0) - 1;
      const counting = (store: object) =>
        new Proxy(store, {
          get: (target, method) => {
            const call = Reflect.get(target, method);
            if (method !== "listPageAfter" && method !== "listStateEvents") return call;
            return async (...asked: unknown[]) => {
              const found = await call(...asked);
              counts[place] = (counts[place] ?? 0) + (found.events ?? found).length;
              return found;
            };
          },
        });
      const { roomState, events } = stores;
      return work({ ...stores, roomState: counting(roomState), events: counting(events) } as never);
    });
  return { counts, snapshots: { read, ask: read } as Snapshots<never> };
}

function versions(events: readonly ShownEvent[]): string[] {
  return events.flatMap(({ event }) => (event.type === "z.type" ? [`${event.stateKey} ${event.content}`] : []));
}

const first = keys.map((key) => `${key} {"version":1}`);

test("a state is as it was when its first page was read, whatever happens before the last", async (t) => {
  const { house, roomId } = await longRoom(t);
  const told: ShownEvent[] = [];
  for await (const page of await getState(house, requester, roomId)) {
    told.push(...page);
    // In every page that is still to come.
    for (const key of keys.filter((_, index) => index % 90 === 1)) await put(house, roomId, key, told.length);
    await put(house, roomId, `key ${told.length} new`, 1);
  }
  assert.deepEqual(versions(told), first);
});

test("a page of a long state is read when the one before it is taken", async (t) => {
  const { house, roomId } = await longRoom(t);
  const { counts, snapshots } = countedSnapshots(house);
  const pages = (await getState({ snapshots }, requester, roomId))[Symbol.asyncIterator]();
  await pages.next();
  assert.equal(counts.length, 1);
  await pages.next();
  assert.equal(counts.length, 2);
  for (let isDone: boolean | undefined = false; !isDone; ) isDone = (await pages.next()).done;
  assert.ok(counts.every((count) => count <= statePageLength));
});

for (const lazyLoadMembers of [false, true]) {
  const how = lazyLoadMembers ? "with members loaded lazily" : "with all members";
  for (const isGap of [false, true]) {
    test(`a sync holds a page of a long ${isGap ? "gap" : "state"}, ${how}, and goes on from there`, async (t) => {
      const { house, roomId } = await longRoom(t);
      const { state, timeline } = everything.room;
      const room = {
        ...everything.room,
        state: { ...state, lazyLoadMembers },
        timeline: { ...timeline, limit: 1 },
      };
      const ask = (snapshots: Snapshots<never>, since: string | undefined) =>
        sync({ ...house, snapshots, notifier: new InProcessNotifier() }, requester, {
          ...{ since, timeout: 0, fullState: false, stateAtEnd: true, filter: { ...everything, room } },
          onHangUp: () => undefined,
        });
      const { counts, snapshots } = countedSnapshots(house);
      const answer = await ask(snapshots, isGap ? await sinceJoin(house, roomId) : undefined);
      const [told] = answer.rooms.join;
      const heldBefore = counts.length;
      assert.ok(told?.furtherState);
      await put(house, roomId, keys.at(-1) as string, 2);
      const further = (await Array.fromAsync(answer.readFurther(told.furtherState))).flat();
      assert.deepEqual(versions([...told.state, ...further]).sort(), first);
      assert.ok(counts.length > heldBefore);
      assert.ok(counts.every((count) => count <= 2 * statePageLength));
    });
  }
}

test("an answer that holds much of other rooms' states leaves a room's state for later, all of it", async (t) => {
  const { house, roomId } = await longRoom(t);
  const upTo = Number.MAX_SAFE_INTEGER;
  const state = await house.snapshots.read((stores) =>
    readState(
      stores,
      { roomId, since: 0, upTo },
      {
        ...{ timeline: noTimeline, isWhole: true, changes: noChanges, atEnd: true, members: [], isLaden: true },
        ...{ filter: everything.room.state, eventFormat: "client", listMembers: async () => [] },
      },
    ),
  );
  assert.deepEqual(state.items, []);
  assert.deepEqual(versions((await Array.fromAsync(pagesFrom(house.snapshots, state))).flat()), first);
});

async function sinceJoin(house: House, roomId: RoomId): Promise<string> {
  const joined = await house.snapshots.read(({ stays }) => stays.findLastStay(requester.userId, roomId));
  return formatSyncToken({ position: joined?.joinedAt ?? 0, toDevicePosition: 0, told: "" });
}
