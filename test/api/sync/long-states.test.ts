import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../support/client.ts";
import {
  act,
  applyState,
  type Json,
  newRoom,
  roomPath,
  say,
  serveRooms,
  setState,
  stateOf,
  succeed,
  syncOf,
} from "./rooms.ts";

const { users } = await serveRooms();

const keys = Array.from({ length: 230 }, (_, index) => `key ${String(index).padStart(3, "0")}`);

/** A room whose state is longer than what is read at once, before its members and behind them; alice has synced before. */
const [alice] = (await users("alice")) as [Client];
const roomId = await newRoom(alice);
const { next_batch: since, rooms: before } = await syncOf(alice);
for (const type of ["a.type", "z.type"]) await Promise.all(keys.map((key) => setState(alice, roomId, type, {}, key)));

const places = (events: readonly Json[]) => events.map(({ type, state_key }) => `${type} ${state_key}`);

test("a state of any length is told whole, each place once, lazily or not, at the start of the timeline or at its end", async () => {
  await setState(alice, roomId, "a.type", { changed: true }, keys.at(-1));
  await say(alice, roomId, "hello");
  const state = await stateOf(alice, roomId);
  assert.ok(state.size > 2 * keys.length);
  for (const lazy_load_members of [false, true]) {
    for (const use_state_after of [false, true]) {
      const filter = { room: { timeline: { limit: 2 }, state: { lazy_load_members } } };
      const { rooms } = await syncOf(alice, { filter, use_state_after });
      const room = rooms.join[roomId];
      const told = places((room.state ?? room.state_after).events);
      assert.equal(new Set(told).size, told.length);
      const synced = new Map<string, Json>();
      applyState(synced, room);
      assert.deepEqual(synced, state);
    }
  }
});

test("of a gap of any length each place is told once, as it is behind it", async () => {
  const synced = new Map<string, Json>();
  applyState(synced, before.join[roomId]);
  for (const round of [1, 2]) {
    await Promise.all(keys.slice(0, 100).map((key) => setState(alice, roomId, "a.type", { round }, key)));
  }
  await say(alice, roomId, "hello");
  for (const lazy_load_members of [false, true]) {
    for (const use_state_after of [false, true]) {
      const filter = { room: { timeline: { limit: 1 }, state: { lazy_load_members } } };
      const gap = (await syncOf(alice, { since, filter, use_state_after })).rooms.join[roomId];
      const told = places((gap.state ?? gap.state_after).events);
      assert.equal(new Set(told).size, told.length);
      const behind = new Map(synced);
      applyState(behind, gap);
      assert.deepEqual(behind, await stateOf(alice, roomId));
    }
  }
});

test("a filter chooses from all of a long state", async () => {
  const filter = { room: { state: { types: ["z.type"] }, timeline: { types: [] } } };
  const { state } = (await syncOf(alice, { filter })).rooms.join[roomId];
  assert.deepEqual(
    places(state.events),
    keys.map((key) => `z.type ${key}`),
  );
});

test("who has left sees a long state as it was then", async () => {
  const [bob] = (await users("bob")) as [Client];
  await act(bob, roomId, "join");
  await act(bob, roomId, "leave");
  const then = await stateOf(alice, roomId);
  for (const key of keys.slice(190, 210)) await setState(alice, roomId, "a.type", { later: true }, key);
  for (const type of ["a.type", "z.type"]) await setState(alice, roomId, type, {}, "later");
  assert.deepEqual(await stateOf(bob, roomId), then);
  const filter = { room: { include_leave: true, timeline: { limit: 1 } } };
  const left = new Map<string, Json>();
  applyState(left, (await syncOf(bob, { filter })).rooms.leave[roomId]);
  assert.deepEqual(left, then);
});

test("the state beside an event is told whole", async () => {
  const eventId = await say(alice, roomId, "hello");
  const then = await stateOf(alice, roomId);
  await setState(alice, roomId, "z.type", {}, "latest");
  for (const lazy_load_members of [false, true]) {
    const filter = encodeURIComponent(JSON.stringify({ lazy_load_members }));
    const path = roomPath(roomId, `/context/${encodeURIComponent(eventId)}?limit=0&filter=${filter}`);
    const { state } = await succeed(alice.get(path));
    const beside = (told: readonly string[]) => told.filter((place) => !place.startsWith("m.room.member")).sort();
    assert.deepEqual(beside(places(state)), beside([...then.keys()]));
  }
});
