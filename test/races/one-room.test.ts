import assert from "node:assert/strict";
import { test } from "node:test";
import { join, newRoom, roomPath, succeed } from "../api/room-timelines/timelines.ts";
import { assertRoomsAgree } from "../rooms/check-rooms.ts";
import { type EventRow, readRoomRows } from "../rooms/room-rows.ts";
import type { Client } from "../support/client.ts";
import { type Deployment, postgres, sqlite } from "./race-engines.ts";
import { openSeededServers, phones } from "./seeded-server.ts";

const deployments: readonly Deployment[] = [
  { name: "SQLite", engine: sqlite, servers: 1 },
  { name: "PostgreSQL, 1 server", engine: postgres, servers: 1 },
  { name: "PostgreSQL, 2 servers", engine: postgres, servers: 2 },
];

function act(client: Client, roomId: string, verb: string, body: object = {}) {
  return client.post(roomPath(roomId, verb), body);
}

function say(client: Client, roomId: string, body: string) {
  return client.request("PUT", roomPath(roomId, "send", "m.room.message", `txn ${body}`), { body });
}

/** A room's events by position: what they say of the line that they are. */
function assertOneLine(events: readonly EventRow[]): void {
  for (const [index, { depth, envelope }] of events.entries()) {
    assert.equal(depth, index + 1);
    const previous = events[index - 1];
    assert.deepEqual(JSON.parse(envelope).prev_events, previous ? [previous.event_id] : []);
  }
}

for (const deployment of deployments) {
  test(`R1, R2: 500 messages that are sent at once into one room are all answered, each stands there once, in one line (${deployment.name})`, async (t) => {
    const { clients, place } = await openSeededServers(t, deployment, phones("sender", 10));
    const [owner] = clients as [Client, ...Client[]];
    const roomId = await newRoom(owner);
    for (const client of clients.slice(1)) await join(client, roomId);
    const bodies = Array.from({ length: 500 }, (_, index) => `message ${index}`);
    const sent = bodies.map((body, index) => succeed(say(clients[index % clients.length] as Client, roomId, body)));
    const ids = (await Promise.all(sent)).map(({ event_id }) => event_id);
    const { events } = await readRoomRows(place);
    assertOneLine(events);
    const messages = events.filter(({ type }) => type === "m.room.message");
    assert.deepEqual(messages.map(({ event_id }) => event_id).sort(), ids.sort());
    assert.deepEqual(messages.map(({ content }) => JSON.parse(content).body).sort(), bodies.sort());
    await assertRoomsAgree(place);
  });

  test(`R1: 200 users who join one room at once are all in it (${deployment.name})`, async (t) => {
    const { clients, place } = await openSeededServers(t, deployment, phones("joiner", 201));
    const [owner, ...joiners] = clients as [Client, ...Client[]];
    const roomId = await newRoom(owner);
    await Promise.all(joiners.map((joiner) => join(joiner, roomId)));
    const { joined } = await succeed(owner.get(roomPath(roomId, "joined_members")));
    assert.deepEqual(Object.keys(joined).sort(), clients.map(({ userId }) => userId).sort());
    assertOneLine((await readRoomRows(place)).events);
    await assertRoomsAgree(place);
  });

  test(`R1: whatever members do at once in one room, each of it was allowed when its turn came (${deployment.name})`, async (t) => {
    const { clients, place } = await openSeededServers(t, deployment, phones("member", 13));
    const [owner, ...members] = clients as [Client, ...Client[]];
    const roomId = await newRoom(owner);
    const answers = await Promise.all(
      members.flatMap((member, index) =>
        [0, 1, 2].flatMap((round) => [
          act(member, roomId, "join"),
          say(member, roomId, `${index} ${round}`),
          act(owner, roomId, "kick", { user_id: member.userId }),
          act(index % 2 === 0 ? member : owner, roomId, "leave"),
          say(owner, roomId, `owner ${index} ${round}`),
        ]),
      ),
    );
    for (const { status, body } of answers) {
      assert.ok(status === 200 || body.errcode === "M_FORBIDDEN", `${status} ${JSON.stringify(body)}`);
    }
    const said = answers.filter(({ status, body }) => status === 200 && body.event_id !== undefined).length;
    const { events } = await readRoomRows(place);
    assertOneLine(events);
    assert.equal(events.filter(({ type }) => type === "m.room.message").length, said);
    // Replays the room by its rules: who was not there has said nothing.
    await assertRoomsAgree(place);
  });
}
