import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Client, newClient } from "../../support/client.ts";
import { shareRoom } from "../../support/share-room.ts";
import { startTestServer, type TestServer } from "../../support/test-server.ts";

let server: TestServer;
let alice: Client;
let bob: Client;
let roomId: string;

before(async () => {
  server = await startTestServer();
  alice = await newClient(server.url, "alice");
  bob = await newClient(server.url, "bob");
  roomId = await shareRoom(alice, bob);
});
after(() => server.close());

function type(client: Client, body: object, userId = client.userId) {
  return client.request("PUT", `/rooms/${encodeURIComponent(roomId)}/typing/${encodeURIComponent(userId)}`, body);
}

/** Who types, as syncs from `since` on tell it; waits for the first that does. */
async function typingAfter(client: Client, since: string): Promise<{ users: string[]; nextBatch: string }> {
  for (let token = since; ; ) {
    const { rooms, next_batch: nextBatch } = await client.sync(token, 30_000);
    const events = rooms?.join?.[roomId]?.ephemeral?.events ?? [];
    const typing = events.find((event: { type: string }) => event.type === "m.typing");
    if (typing) return { users: typing.content.user_ids, nextBatch };
    token = nextBatch;
  }
}

test("who begins and ceases to type is told to who waits in the room", async () => {
  const since = (await bob.sync()).next_batch;
  const waiting = typingAfter(bob, since);
  assert.equal((await type(alice, { typing: true, timeout: 60_000 })).status, 200);
  const begun = await waiting;
  assert.deepEqual(begun.users, [alice.userId]);
  assert.equal((await type(alice, { typing: true, timeout: 60_000 })).status, 200);
  assert.equal((await bob.sync(begun.nextBatch)).next_batch, begun.nextBatch);
  assert.equal((await type(alice, { typing: false })).status, 200);
  assert.deepEqual((await typingAfter(bob, begun.nextBatch)).users, []);
});

test("typing ends by itself when its time is over", async () => {
  const since = (await bob.sync()).next_batch;
  await type(alice, { typing: true, timeout: 20 });
  let told = await typingAfter(bob, since);
  while (told.users.length > 0) told = await typingAfter(bob, told.nextBatch);
  assert.deepEqual(told.users, []);
});

test("users say of themselves alone that they type, and in rooms that they are in", async () => {
  const other = await type(alice, { typing: true }, bob.userId);
  assert.deepEqual([other.status, other.body.errcode], [403, "M_FORBIDDEN"]);
  const stranger = await newClient(server.url, "stranger");
  const outside = await type(stranger, { typing: true });
  assert.deepEqual([outside.status, outside.body.errcode], [403, "M_FORBIDDEN"]);
  assert.equal((await type(alice, { typing: "yes" })).status, 400);
});

for (const [says, take] of [
  ["leaves", (client: Client) => client.post(`/rooms/${encodeURIComponent(roomId)}/leave`, {})],
  ["is kicked", (client: Client) => remove("kick", client)],
  ["is banned", (client: Client) => remove("ban", client)],
] as const) {
  test(`who ${says} types no more, and the others are told at once`, async () => {
    const carol = await newClient(server.url, `carol-who-${says.replaceAll(" ", "-")}`);
    const since = (await bob.sync()).next_batch;
    assert.equal((await carol.post(`/rooms/${encodeURIComponent(roomId)}/join`, {})).status, 200);
    assert.equal((await type(carol, { typing: true, timeout: 60_000 })).status, 200);
    const begun = await typingAfter(bob, since);
    assert.deepEqual(begun.users, [carol.userId]);
    assert.equal((await take(carol)).status, 200);
    const { ephemeral } = (await bob.sync(begun.nextBatch)).rooms.join[roomId];
    assert.deepEqual(ephemeral.events, [{ type: "m.typing", content: { user_ids: [] } }]);
    // Who comes again does not type because of what was before.
    await alice.post(`/rooms/${encodeURIComponent(roomId)}/unban`, { user_id: carol.userId });
    await carol.post(`/rooms/${encodeURIComponent(roomId)}/join`, {});
    assert.doesNotMatch(JSON.stringify((await bob.sync()).rooms.join[roomId].ephemeral), /carol/);
  });
}

test("who leaves without typing changes nobody's list", async () => {
  const carol = await newClient(server.url, "carol");
  assert.equal((await carol.post(`/rooms/${encodeURIComponent(roomId)}/join`, {})).status, 200);
  const since = (await bob.sync()).next_batch;
  assert.equal((await carol.post(`/rooms/${encodeURIComponent(roomId)}/leave`, {})).status, 200);
  assert.deepEqual((await bob.sync(since)).rooms.join[roomId].ephemeral?.events ?? [], []);
});

function remove(act: "kick" | "ban", client: Client) {
  return alice.post(`/rooms/${encodeURIComponent(roomId)}/${act}`, { user_id: client.userId });
}
