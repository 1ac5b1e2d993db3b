import assert from "node:assert/strict";
import { test } from "node:test";
import { join, newRoom, relate, roomPath, roomPathV1, say, succeed } from "../api/room-timelines/timelines.ts";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { assertRoomsAgree } from "../rooms/check-rooms.ts";
import type { Client } from "../support/client.ts";
import { seed, seedNote, times } from "./effort.ts";
import { below, pick } from "./key-requests.ts";
import { type Deployment, postgres, sqlite } from "./race-engines.ts";
import { openSeededServers, phones } from "./seeded-server.ts";

const deployments: readonly Deployment[] = [
  { name: "SQLite", engine: sqlite, servers: 1 },
  { name: "PostgreSQL, 2 servers", engine: postgres, servers: 2 },
];

for (const deployment of deployments) {
  test(`threads are as long as what is left of them, whoever adds and redacts at once (${deployment.name})`, async (t) => {
    t.diagnostic(seedNote);
    const { clients, place } = await openSeededServers(t, deployment, phones("writer", 4));
    const owner = clients[0]!;
    const roomId = await newRoom(owner);
    for (const client of clients.slice(1)) await join(client, roomId);
    const roots = [await say(owner, roomId, "0"), await say(owner, roomId, "1"), await say(owner, roomId, "2")];
    const left = new Map(roots.map((root) => [root, new Set<string>()]));
    const write = async (client: Client, index: number) => {
      const random = seededNumbers(seed + index);
      const own: [root: string, eventId: string][] = [];
      for (let step = 0; step < 12 * times; step++) {
        if (own.length > 0 && below(random, 3) === 0) {
          const [root, eventId] = own.splice(below(random, own.length), 1)[0]!;
          await succeed(client.request("PUT", roomPath(roomId, "redact", eventId, `of ${eventId}`), {}));
          left.get(root)?.delete(eventId);
        } else {
          const root = pick(random, roots);
          const eventId = await relate(client, roomId, root, "m.thread", { body: "x" });
          own.push([root, eventId]);
          left.get(root)?.add(eventId);
        }
      }
    };
    // Each of them does several things at once.
    await Promise.all([...clients, ...clients, ...clients].map(write));
    await assertRoomsAgree(place);
    const { chunk } = await succeed(owner.get(roomPathV1(roomId, "threads")));
    const told = chunk.map(
      (event: { event_id: string; unsigned: { "m.relations": { "m.thread": { count: number } } } }) => [
        event.event_id,
        event.unsigned["m.relations"]["m.thread"].count,
      ],
    );
    const expected = [...left].filter(([, replies]) => replies.size > 0).map(([root, { size }]) => [root, size]);
    assert.deepEqual(told.sort(), expected.sort());
  });
}
