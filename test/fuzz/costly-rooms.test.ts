import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Json, newRoom, roomPath, say, send, setState, succeed } from "../api/sync/rooms.ts";
import { assertRoomsAgree } from "../rooms/check-rooms.ts";
import { type Client, newClient } from "../support/client.ts";
import { MeasuredServer } from "./measured-server.ts";
import { sendRaw } from "./send-raw.ts";

let server: MeasuredServer;
let alice: Client;
let bob: Client;
/** Its messages are as long as they may be. */
let longRoom: string;
/** It has much state, and powers of many. */
let wideRoom: string;
/** Each of its messages relates to the one before it. */
let chainRoom: string;
let chained: string[];

before(async () => {
  server = await MeasuredServer.start();
  alice = await newClient(server.url, "alice");
  bob = await newClient(server.url, "bob");
  [longRoom, wideRoom, chainRoom] = [await newRoom(alice), await newRoom(alice), await newRoom(alice)];
  for (let n = 0; n < 300; n++) await say(alice, longRoom, `${n} ${"x".repeat(60_000)}`);
  for (let n = 0; n < 900; n++) await setState(alice, wideRoom, "org.example.wide", { n }, `key ${n}`);
  chained = [await say(alice, chainRoom, "first")];
  for (let n = 0; n < 300; n++) {
    const isThread = n % 10 === 0;
    const parent = isThread ? await say(alice, chainRoom, "a thread") : chained.at(-1);
    const relation = { rel_type: isThread ? "m.thread" : "m.reference", event_id: parent };
    chained.push(await send(alice, chainRoom, "m.room.message", { body: String(n), "m.relates_to": relation }));
  }
});
after(() => server.close());

/** `{ "<name 0>": value(0), … }` */
function object(count: number, member: (n: number) => readonly [string, unknown]): object {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => member(n)));
}

const array = (count: number, item: (n: number) => unknown) => Array.from({ length: count }, (_, n) => item(n));

/** Names in a bad order, which differ late and sort differently by code point than by UTF-16 unit. */
const unsorted = (count: number) => object(count, (n) => [`m${(n * 7919) % count}\u{10000}`, 1]);

const filter = (value: object) => encodeURIComponent(JSON.stringify(value));
const many = 1_000_000;

type Costly = readonly [method: string, path: string, body?: object];

function pages(): Readonly<Record<string, Costly>> {
  const [long, wide, chain] = [longRoom, wideRoom, chainRoom].map((roomId) => (rest: string) => roomPath(roomId, rest));
  const globs = array(9, (n) => `*${"x*".repeat(48)}y${n}*`);
  const first = encodeURIComponent(chained[0]!);
  const relating = {
    related_by_senders: array(50, (n) => `@${n}:localhost`),
    related_by_rel_types: array(10, (n) => `type ${n}`),
  };
  const relations = `/_matrix/client/v1${roomPath(chainRoom, `/relations/${first}?recurse=true&limit=${many}`)}`;
  return {
    "a page of long messages": ["GET", long!(`/messages?dir=b&limit=${many}`)],
    "a page by a costly filter": ["GET", wide!(`/messages?dir=b&limit=${many}&filter=${filter({ not_types: globs })}`)],
    "a page that finds nothing": ["GET", long!(`/messages?dir=f&limit=${many}&filter=${filter({ types: ["none"] })}`)],
    "what is around a message": ["GET", chain!(`/context/${encodeURIComponent(chained[150]!)}?limit=${many}`)],
    "much state": ["GET", wide!("/state")],
    members: ["GET", wide!("/members")],
    "relations of relations": ["GET", relations],
    threads: ["GET", `/_matrix/client/v1${roomPath(chainRoom, `/threads?limit=${many}`)}`],
    "an initial sync of long timelines": ["GET", `/sync?filter=${filter({ room: { timeline: { limit: many } } })}`],
    "all state of all rooms": ["GET", "/sync?full_state=true&use_state_after=true"],
    "all state in the form of servers": [
      "GET",
      `/sync?full_state=true&filter=${filter({ event_format: "federation" })}`,
    ],
    "some fields of long timelines and much state": [
      "GET",
      `/sync?filter=${filter({ event_fields: array(1000, (n) => `m${n}`), room: { timeline: { limit: many } } })}`,
    ],
    "a page by many who may relate to events": [
      "GET",
      chain!(`/messages?dir=b&limit=${many}&filter=${filter(relating)}`),
    ],
    "a sync of many rooms by name": [
      "GET",
      `/sync?filter=${filter({ room: { rooms: array(150, (n) => `!${n}:localhost`) } })}`,
    ],
  };
}

function changes(): Readonly<Record<string, Costly>> {
  const wide = (rest: string) => roomPath(wideRoom, rest);
  const put = (path: string, body: object): Costly => ["PUT", wide(path), body];
  const create = (body: object): Costly => ["POST", "/createRoom", body];
  const users = (count: number) => object(count, (n) => [`@${n}:localhost`, n % 100]);
  const state = (n: number) => ({ type: "org.example.a", state_key: String(n), content: { n } });
  return {
    "a message of many members": put("/send/m.room.message/many", unsorted(3000)),
    "a message that is too long": put("/send/m.room.message/long", unsorted(45_000)),
    "a state that is too long": put("/state/org.example.long/", { x: "x".repeat(900_000) }),
    "powers of many": put("/state/m.room.power_levels/", { users: { ...users(2000), [alice.userId]: 100 } }),
    "powers of too many": put("/state/m.room.power_levels/", { users: { ...users(45_000), [alice.userId]: 100 } }),
    "a message where many have powers": put("/send/m.room.message/after", { body: "x" }),
    "many aliases": put("/state/m.room.canonical_alias/", { alt_aliases: array(3000, (n) => `#${n}:localhost`) }),
    "rooms that many may join from": put("/state/m.room.join_rules/", {
      ...{
        join_rule: "restricted",
        allow: array(800, (n) => ({ type: "m.room_membership", room_id: `!${n}:localhost` })),
      },
    }),
    "a join by many ways": ["POST", `/join/${encodeURIComponent(wideRoom)}?${"via=a.example&".repeat(500)}`, {}],
    "a room with many invites": create({ invite: array(20_000, (n) => `@${n}:localhost`) }),
    "a room with much state": create({ initial_state: array(6000, state) }),
    "a room with powers of many": create({ power_level_content_override: { users: users(40_000) } }),
    "a room with a long name": create({ name: "x".repeat(900_000), creation_content: unsorted(3000) }),
    "a receipt of a long thread": ["POST", wide(`/receipt/m.read/$none`), { thread_id: "x".repeat(900_000) }],
    "account data of a room": [
      "PUT",
      `/user/${alice.userId}/rooms/${encodeURIComponent(wideRoom)}/account_data/a`,
      unsorted(45_000),
    ],
    "a profile of many members": [
      "PUT",
      `/profile/${alice.userId}/org.example.x`,
      { "org.example.x": unsorted(45_000) },
    ],
  };
}

async function tooLong(client: Client, requests: Readonly<Record<string, Costly>>): Promise<[string[], Json]> {
  const headers = { authorization: `Bearer ${client.account.accessToken}` };
  const heldFor: Record<string, string> = {};
  const found: string[] = [];
  for (const [name, [method, path, body]] of Object.entries(requests)) {
    const full = path.startsWith("/_matrix") ? path : `/_matrix/client/v3${path}`;
    let status = 0;
    const held = await server.longestTurn(async () => {
      const bytes = body && Buffer.from(JSON.stringify(body));
      ({ status } = await sendRaw(server.url, { method, path: full, headers, body: bytes }));
    });
    assert.ok(status < 500, `${name}: ${status}`);
    heldFor[name] = `${status}, ${Math.round(held)} ms`;
    if (held >= server.longestAllowed) found.push(name);
  }
  return [found, heldFor];
}

for (const [what, requests] of Object.entries({ pages, changes })) {
  test(`E2: no request about a room holds the event loop, however much it asks for: ${what}`, async (t) => {
    const [found, heldFor] = await tooLong(alice, requests());
    t.diagnostic(JSON.stringify(heldFor));
    assert.deepEqual(found, [], `longer than ${Math.round(server.longestAllowed)} ms: ${JSON.stringify(heldFor)}`);
  });
}

test("E2: after all that, who behaves is served, and all that is stored of rooms agrees with the events", async () => {
  const roomId = await newRoom(bob);
  const said = await say(bob, roomId, "hello");
  const { rooms } = await bob.sync();
  assert.equal(rooms.join[roomId].timeline.events.at(-1).event_id, said);
  assert.equal((await succeed(alice.get(roomPath(longRoom, "/messages?dir=b&limit=2")))).chunk.length, 2);
  await assertRoomsAgree({ engine: "sqlite", path: server.databasePath });
});
