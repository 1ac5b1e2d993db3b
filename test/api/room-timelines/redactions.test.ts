import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { type Client, newClient } from "../../support/client.ts";
import { serveUsers } from "../../support/serve-users.ts";
import { startTestServer } from "../../support/test-server.ts";
import {
  getEvent,
  type Json,
  join,
  leave,
  newRoom,
  refused,
  relate,
  roomPath,
  roomPathV1,
  say,
  send,
  setState,
  succeed,
  walk,
} from "./timelines.ts";

let transactions = 0;
const { newUser } = await serveUsers();

function redact(client: Client, roomId: string, eventId: string, body: object = {}, txnId = `redact${transactions++}`) {
  return client.request("PUT", roomPath(roomId, "redact", eventId, txnId), body);
}

for (const version of ["10", "11", "12"]) {
  for (const way of ["redact", "send"] as const) {
    test(`version ${version}: /${way} takes the content away, and says by whom and why`, async () => {
      const [alice, bob] = [await newUser(), await newUser()];
      const roomId = await newRoom(alice, { room_version: version });
      await join(bob, roomId);
      const eventId = await say(alice, roomId, "regretted");
      const redactionId =
        way === "redact"
          ? (await succeed(redact(alice, roomId, eventId, { reason: "typo" }))).event_id
          : await send(alice, roomId, { redacts: eventId, reason: "typo" }, "m.room.redaction");
      const event = await getEvent(bob, roomId, eventId);
      assert.deepEqual(event.content, {});
      const because = event.unsigned.redacted_because;
      for (const redaction of [because, await getEvent(bob, roomId, redactionId)]) {
        assert.equal(redaction.event_id, redactionId);
        assert.equal(redaction.sender, alice.userId);
        // In both places, whatever the room's version.
        assert.equal(redaction.redacts, eventId);
        assert.deepEqual(redaction.content, { reason: "typo", redacts: eventId });
      }
      const page = await walk(bob, roomId, { dir: "b", limit: "2" });
      assert.deepEqual([page[0].redacts, page[1].content], [eventId, {}]);
    });
  }

  test(`version ${version}: others' events need the power for it`, async () => {
    const [alice, bob, carol] = [await newUser(), await newUser(), await newUser()];
    const levels = {
      users: { [carol.userId]: 50 },
      ...(version !== "12" && { users: { [alice.userId]: 100, [carol.userId]: 50 } }),
    };
    const roomId = await newRoom(alice, { room_version: version, power_level_content_override: levels });
    await join(bob, roomId);
    await join(carol, roomId);
    const [first, second] = [await say(alice, roomId, "1"), await say(bob, roomId, "2")];
    await refused(redact(bob, roomId, first), 403, "M_FORBIDDEN");
    const content = { redacts: first };
    const sent = bob.request("PUT", roomPath(roomId, "send", "m.room.redaction", "1"), content);
    await refused(sent, 403, "M_FORBIDDEN");
    assert.equal((await getEvent(bob, roomId, first)).content.body, "1");
    await succeed(redact(bob, roomId, second));
    await succeed(redact(carol, roomId, first));
    assert.deepEqual((await getEvent(bob, roomId, first)).content, {});
  });

  test(`version ${version}: what the room stands on survives`, async () => {
    const [alice, bob] = [await newUser(), await newUser()];
    const roomId = await newRoom(alice, { room_version: version });
    await join(bob, roomId);
    const topic = await setState(alice, roomId, "m.room.topic", { topic: "x" });
    const state: Json[] = await succeed(alice.get(roomPath(roomId, "state")));
    const idOf = (type: string, key = "") =>
      state.find(({ type: found, state_key }) => found === type && state_key === key).event_id;
    await succeed(redact(alice, roomId, topic));
    await succeed(redact(alice, roomId, idOf("m.room.member", bob.userId)));
    await succeed(redact(alice, roomId, idOf("m.room.power_levels")));
    assert.deepEqual(await succeed(alice.get(roomPath(roomId, "state", "m.room.topic"))), {});
    assert.deepEqual(await succeed(alice.get(roomPath(roomId, "state", "m.room.member", bob.userId))), {
      membership: "join",
    });
    await say(bob, roomId, "still here");
    await refused(redact(bob, roomId, topic), 403, "M_FORBIDDEN");
    await refused(redact(alice, roomId, idOf("m.room.create")), 403, "M_FORBIDDEN");
  });
}

test("a redaction is made once for a transaction id, and for each event", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  const [first, second] = [await say(alice, roomId, "1"), await say(alice, roomId, "2")];
  const redactionOf = async (eventId: string) => (await succeed(redact(alice, roomId, eventId, {}, "same"))).event_id;
  const [redaction, again, other] = [await redactionOf(first), await redactionOf(first), await redactionOf(second)];
  assert.equal(again, redaction);
  assert.notEqual(other, redaction);
  // A second redaction is an event like others; the first stays the reason.
  const later = (await succeed(redact(alice, roomId, first, { reason: "twice" }))).event_id;
  assert.notEqual(later, redaction);
  assert.equal((await getEvent(alice, roomId, first)).unsigned.redacted_because.event_id, redaction);
});

test("what is not there is not redacted", async () => {
  const alice = await newUser();
  const [roomId, other] = [await newRoom(alice), await newRoom(alice)];
  const elsewhere = await say(alice, other, "x");
  await refused(redact(alice, roomId, elsewhere), 404, "M_NOT_FOUND");
  await refused(redact(alice, roomId, "$nothing"), 404, "M_NOT_FOUND");
  await refused(redact(alice, roomId, "nothing"), 400, "M_INVALID_PARAM");
  const path = roomPath(roomId, "send", "m.room.redaction", "1");
  await refused(alice.request("PUT", path, {}), 400, "M_BAD_JSON");
  await refused(alice.request("PUT", path, { redacts: 5 }), 400, "M_BAD_JSON");
  assert.equal((await getEvent(alice, other, elsewhere)).content.body, "x");
});

test("a redacted child no longer relates, and a redacted parent has no replacement", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  const parent = await say(alice, roomId, "original");
  const edit = (body: string) =>
    relate(alice, roomId, parent, "m.replace", { body: `* ${body}`, "m.new_content": { body } });
  const [first, second] = [await edit("first"), await edit("second")];
  const replacement = async () =>
    (await getEvent(alice, roomId, parent)).unsigned["m.relations"]?.["m.replace"]?.event_id;
  assert.equal(await replacement(), second);
  await succeed(redact(alice, roomId, second));
  assert.equal(await replacement(), first);
  const { chunk } = await succeed(alice.get(roomPathV1(roomId, "relations", parent)));
  assert.deepEqual(
    chunk.map(({ event_id }: Json) => event_id),
    [first],
  );
  await succeed(redact(alice, roomId, parent));
  assert.equal(await replacement(), undefined);
});

for (const version of ["10", "12"]) {
  test(`version ${version}: who has left sees that an event was redacted after it, and not why`, async () => {
    const [alice, bob] = [await newUser(), await newUser()];
    const roomId = await newRoom(alice, { room_version: version });
    await join(bob, roomId);
    const said = await say(alice, roomId, "said");
    const named = await setState(alice, roomId, "m.room.name", { name: "Hall" });
    await leave(bob, roomId);
    for (const eventId of [said, named]) await succeed(redact(alice, roomId, eventId, { reason: "secret" }));
    const events = [await getEvent(bob, roomId, said)];
    for (const state of await statesOf(bob, roomId, said, "leave")) {
      events.push(...state.filter(({ type }: Json) => type === "m.room.name"));
    }
    assert.equal(events.length, 4);
    for (const event of events) {
      const { redacted_because: because } = event.unsigned;
      assert.deepEqual([event.content, because.content], [{}, { redacts: event.event_id }]);
    }
    const { unsigned } = await getEvent(alice, roomId, said);
    assert.equal(unsigned.redacted_because.content.reason, "secret");
  });
}

for (const version of ["10", "12"]) {
  test(`version ${version}: wherever state is told, it says by whom and why it was redacted`, async () => {
    const [alice, bob] = [await newUser(), await newUser()];
    const roomId = await newRoom(alice, { room_version: version });
    await join(bob, roomId);
    const named = await setState(alice, roomId, "m.room.name", { name: "Hall" });
    const member = await setState(bob, roomId, "m.room.member", { membership: "join", displayname: "Bob" }, bob.userId);
    const said = await say(bob, roomId, "said");
    for (const eventId of [named, member]) await succeed(redact(alice, roomId, eventId, { reason: "typo" }));
    for (let n = 0; n < 3; n++) await say(alice, roomId, "later");
    const ofSenders = await succeed(bob.get(`${roomPath(roomId, "messages")}?dir=b&limit=100&filter=${lazy}`));
    const members = await succeed(bob.get(roomPath(roomId, "members")));
    const states = await statesOf(bob, roomId, said, "join");
    const events: Json[] = [...states, ofSenders.state, members.chunk].flat();
    for (const eventId of [named, member]) {
      const told = events.filter(({ event_id }) => event_id === eventId);
      assert.equal(told.length, eventId === named ? 3 : 5);
      for (const { unsigned } of told) {
        assert.deepEqual(unsigned.redacted_because.content, { reason: "typo", redacts: eventId });
        assert.equal(unsigned.redacted_because.sender, alice.userId);
      }
    }
  });
}

const lazy = encodeURIComponent(JSON.stringify({ lazy_load_members: true }));

/** The state that a client is told by itself, around an event, and by a sync with a short timeline. */
async function statesOf(client: Client, roomId: string, eventId: string, section: "join" | "leave"): Promise<Json[][]> {
  const filter = encodeURIComponent(JSON.stringify({ room: { include_leave: true, timeline: { limit: 1 } } }));
  const context = await succeed(client.get(roomPath(roomId, "context", eventId)));
  const { rooms } = await succeed(client.get(`/sync?timeout=0&filter=${filter}`));
  return [await succeed(client.get(roomPath(roomId, "state"))), context.state, rooms[section][roomId].state.events];
}

test("encryption is not ended by redacting it", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  const content = { algorithm: "m.megolm.v1.aes-sha2" };
  const eventId = await setState(alice, roomId, "m.room.encryption", content);
  await refused(redact(alice, roomId, eventId), 403, "M_FORBIDDEN");
  assert.deepEqual(await succeed(alice.get(roomPath(roomId, "state", "m.room.encryption"))), content);
});

test("R6: what a redaction takes away stands in no row any more", async (t) => {
  const folder = await mkdtemp(joinPath(tmpdir(), "claviger-redacted-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = joinPath(folder, "claviger.db");
  const kept = await startTestServer({ database: { engine: "sqlite", path } });
  const alice = await newClient(kept.url, "alice");
  const roomId = await newRoom(alice);
  const eventId = await say(alice, roomId, "regretted");
  assert.ok(rowsOf(path).includes("regretted"));
  await succeed(redact(alice, roomId, eventId));
  await kept.close();
  assert.ok(rowsOf(path).includes(eventId));
  assert.ok(!rowsOf(path).includes("regretted"));
});

/** All rows of all tables, as text. */
function rowsOf(path: string): string {
  const database = new Database(path, { readonly: true });
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
  const rows = tables.map((table) => database.prepare(`SELECT * FROM "${table}"`).all());
  database.close();
  return JSON.stringify(rows);
}
