import assert from "node:assert/strict";
import { test } from "node:test";
import { walk } from "../api/room-timelines/timelines.ts";
import { type Json, roomPath, say, succeed, syncOf } from "../api/sync/rooms.ts";
import { KillableServer, startMissing } from "../races/killable-server.ts";
import { postgres } from "../races/race-engines.ts";
import { assertRoomsAgree } from "../rooms/check-rooms.ts";
import { Client } from "../support/client.ts";

const filter = { room: { timeline: { limit: 100 } } };

/** Waits long enough that only a wake can be in time for the test. */
const long = 170_000;

/** A client that waits in one sync after another, and has what they told of a room. */
class Watcher {
  /** Ids, as they came. */
  readonly events: string[] = [];
  readonly #client: Client;
  readonly #roomId: string;
  #since = "";

  constructor(client: Client, roomId: string) {
    this.#client = client;
    this.#roomId = roomId;
  }

  async begin(): Promise<void> {
    this.#take(await syncOf(this.#client, { filter }));
  }

  /** What the next sync tells of the room. */
  async next(): Promise<Json> {
    return this.#take(await syncOf(this.#client, { filter, since: this.#since, timeout: long }));
  }

  #take({ next_batch, rooms }: Json): Json {
    this.#since = next_batch;
    const room = rooms.join[this.#roomId];
    assert.ok(!room?.timeline.limited || this.events.length === 0, "no gap");
    this.events.push(...(room?.timeline.events ?? []).map(({ event_id }: Json) => event_id));
    return room;
  }
}

async function history(client: Client, roomId: string): Promise<string[]> {
  return (await walk(client, roomId, { dir: "f", limit: "100" })).map(({ event_id }) => event_id);
}

test("S5: two processes on one PostgreSQL are one server for rooms", { timeout: 300_000 }, async (t) => {
  const names = ["alice PHONE", "bob PHONE", "carol PHONE"];
  const servers = await KillableServer.createSeveral(t, { engine: postgres, servers: 2 }, names);
  await startMissing(servers);
  const [here, there] = servers as [KillableServer, KillableServer];
  const { accounts, place } = here.files;
  const at = (server: KillableServer) => accounts.map((account) => new Client(server.url, account));
  const [alice] = at(here) as [Client];
  const [, bob, carol] = at(there) as [Client, Client, Client];
  const makeRoom = async () => (await succeed(alice.post("/createRoom", { preset: "public_chat" }))).room_id;
  const put = (client: Client, path: string, body: object) => succeed(client.request("PUT", path, body));

  await t.test("a room that one makes is joined, written to and left at the other at once", async () => {
    for (let round = 0; round < 10; round++) {
      const roomId = await makeRoom();
      await succeed(bob.post(roomPath(roomId, "/join"), {}));
      const said = await say(bob, roomId, "here");
      assert.equal((await succeed(alice.get(roomPath(roomId, `/event/${said}`)))).content.body, "here");
      await succeed(alice.post(roomPath(roomId, "/kick"), { user_id: bob.userId }));
      assert.equal((await bob.request("PUT", roomPath(roomId, "/send/m.room.message/late"), {})).status, 403);
    }
  });

  await t.test("who waits at one is woken by each thing that happens at the other, and told it", async () => {
    const roomId = await makeRoom();
    await succeed(bob.post(roomPath(roomId, "/join"), {}));
    const watcher = new Watcher(alice, roomId);
    await watcher.begin();
    const during = async (deed: () => Promise<unknown>) => (await Promise.all([watcher.next(), deed()]))[0];
    const before = watcher.events.length;
    await during(() => say(bob, roomId, "hello"));
    const said = watcher.events.at(-1)!;
    const joined = await during(() => succeed(carol.post(roomPath(roomId, "/join"), {})));
    assert.equal(joined.timeline.events[0].state_key, carol.userId);
    const typing = await during(() =>
      put(bob, roomPath(roomId, `/typing/${bob.userId}`), { typing: true, timeout: long }),
    );
    assert.deepEqual(typing.ephemeral.events[0].content.user_ids, [bob.userId]);
    const read = await during(() => succeed(carol.post(roomPath(roomId, `/receipt/m.read/${said}`), {})));
    assert.ok(read.ephemeral.events[0].content[said]["m.read"][carol.userId]);
    const redacted = await during(() => put(bob, roomPath(roomId, `/redact/${said}/txn`), {}));
    assert.equal(redacted.timeline.events[0].type, "m.room.redaction");
    const left = await during(() => succeed(carol.post(roomPath(roomId, "/leave"), {})));
    assert.equal(left.timeline.events[0].content.membership, "leave");
    assert.equal(watcher.events.length, before + 4);
    assert.deepEqual(watcher.events, await history(alice, roomId));
  });

  await t.test(
    "what members at both say at once is told to everybody at both, all of it, in one order, once",
    async () => {
      const roomId = await makeRoom();
      for (const client of [bob, carol]) await succeed(client.post(roomPath(roomId, "/join"), {}));
      const watchers = [alice, ...at(here).slice(1), bob, carol].map((client) => new Watcher(client, roomId));
      for (const watcher of watchers) await watcher.begin();
      const count = 20;
      const speaking = [alice, ...at(there)].map(async (client) => {
        for (let number = 0; number < count; number++) await say(client, roomId, String(number));
      });
      const all = watchers[0]!.events.length + speaking.length * count;
      const watching = watchers.map(async (watcher) => {
        while (watcher.events.length < all) await watcher.next();
      });
      await Promise.all([...speaking, ...watching]);
      const order = await history(bob, roomId);
      for (const { events } of watchers) assert.deepEqual(events, order);
    },
  );

  await assertRoomsAgree(place);
});
