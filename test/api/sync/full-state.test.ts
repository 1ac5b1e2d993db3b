import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../../support/client.ts";
import { act, newRoom, say, serveRooms, syncOf, told } from "./rooms.ts";

const { users } = await serveRooms();

test("who has left in a gap is told with the whole state, however members are loaded", async () => {
  for (const lazy of [false, true]) {
    const [alice, bob, carol] = (await users("alice", "bob", "carol")) as [Client, Client, Client];
    const filter = { room: { timeline: { limit: 1 }, state: { lazy_load_members: lazy } } };
    const roomId = await newRoom(alice);
    for (const client of [bob, carol]) await act(client, roomId, "join");
    const { next_batch: since } = await syncOf(alice, { filter });
    await act(bob, roomId, "leave");
    await say(alice, roomId, "hello");
    const { rooms } = await syncOf(alice, { filter, since, full_state: true });
    assert.ok(told(rooms.join[roomId].state.events).includes("bob: leave"), `lazy: ${lazy}`);
  }
});
