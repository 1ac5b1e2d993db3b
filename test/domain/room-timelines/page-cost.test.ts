import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRoomEventFilter } from "../../../src/domain/filters/room-event-filter.ts";
import type { Snapshots } from "../../../src/domain/kernel/unit-of-work.ts";
import { getMessages, type TimelineStores } from "../../../src/domain/room-timelines/get-messages.ts";
import type { House } from "../open-house.ts";
import { openRoomOfAlice, requester, say } from "./small-house.ts";

/** The calls of stores that a page costs, and how many events they gave. */
interface Cost {
  calls: string[];
  events: number;
}

/** Snapshots whose stores note what they are asked for. */
function countedSnapshots(
  house: House,
  onCall: (call: string) => void = () => undefined,
): { snapshots: Snapshots<TimelineStores>; cost: Cost } {
  const cost: Cost = { calls: [], events: 0 };
  const watch = (name: string, store: object) =>
    new Proxy(store, {
      get:
        (target, method) =>
        async (...args: unknown[]) => {
          cost.calls.push(`${name}.${String(method)}`);
          onCall(`${name}.${String(method)}`);
          const result: unknown = await Reflect.get(target, method)(...args);
          if (name === "events" && Array.isArray(result)) cost.events += result.length;
          return result;
        },
    });
  const read = <T>(work: (stores: never) => Promise<T>): Promise<T> =>
    house.snapshots.read((stores) => {
      const watched = Object.entries(stores).map(([name, store]) => [name, watch(name, store)]);
      return work(Object.fromEntries(watched) as never);
    });
  return { snapshots: { read, ask: read } as Snapshots<TimelineStores>, cost };
}

async function costOfPages(house: House, roomId: Parameters<typeof say>[1]): Promise<Cost[]> {
  const costs: Cost[] = [];
  let from: string | undefined;
  for (let page = 0; page < 3; page++) {
    const { snapshots, cost } = countedSnapshots(house);
    const filter = parseRoomEventFilter({}, "filter");
    const request = { roomId, direction: "backward", from, to: undefined, limit: 20, filter } as const;
    const { end, events } = await getMessages({ ...house, snapshots }, requester, request);
    assert.equal(events.length, 20);
    from = end;
    costs.push(cost);
  }
  return costs;
}

test("a page costs the same however long the room's history is", async (t) => {
  const { house, roomId } = await openRoomOfAlice(t);
  for (let n = 0; n < 80; n++) await say(house, roomId, `early${n}`);
  const early = await costOfPages(house, roomId);
  for (let n = 0; n < 400; n++) await say(house, roomId, `late${n}`);
  const late = await costOfPages(house, roomId);
  assert.deepEqual(late, early);
  for (const { events } of late) assert.ok(events <= 21);
  const stateReads = late.map(({ calls }) => calls.filter((call) => call.startsWith("roomState.")).length);
  assert.deepEqual(stateReads, [1, 1, 1]);
});

test("E2: where a filter leaves out very much, others have their turn between two reads", async (t) => {
  const { house, roomId } = await openRoomOfAlice(t);
  for (let n = 0; n < 300; n++) await say(house, roomId, `n${n}`);
  let turn = 0;
  const running = new AbortController();
  const count = () => {
    turn++;
    if (!running.signal.aborted) setImmediate(count);
  };
  count();
  const turns: number[] = [];
  const { snapshots } = countedSnapshots(house, (call) => {
    if (call !== "events.listPage") return;
    turns.push(turn);
    // As long as it takes to read a hundred events that are as long as they can be.
    house.clock.advance(4);
  });
  const filter = parseRoomEventFilter({ types: ["org.example.none"] }, "filter");
  const request = { roomId, direction: "forward", from: undefined, to: undefined, limit: 100, filter } as const;
  const { events } = await getMessages({ ...house, snapshots }, requester, request);
  running.abort();
  assert.deepEqual([events.length, turns.length], [0, 4]);
  assert.equal(new Set(turns).size, turns.length, `${turns}`);
});
