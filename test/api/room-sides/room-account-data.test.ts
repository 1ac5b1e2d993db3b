import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Client, newClient } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/test-server.ts";

const room = encodeURIComponent("!somewhere:localhost");
let server: TestServer;
let alice: Client;
let bob: Client;

before(async () => {
  server = await startTestServer();
  alice = await newClient(server.url, "alice");
  bob = await newClient(server.url, "bob");
});
after(() => server.close());

const ofRoom = (client: Client, rest: string) => `/user/${encodeURIComponent(client.userId)}/rooms/${room}/${rest}`;

test("account data of a room is kept apart from that of others, and of all rooms", async () => {
  assert.equal((await alice.request("PUT", ofRoom(alice, "account_data/org.test"), { a: 1 })).status, 200);
  assert.deepEqual((await alice.get(ofRoom(alice, "account_data/org.test"))).body, { a: 1 });
  const elsewhere = `/user/${encodeURIComponent(alice.userId)}/rooms/!other:localhost/account_data/org.test`;
  assert.equal((await alice.get(elsewhere)).body.errcode, "M_NOT_FOUND");
  const global = await alice.get(`/user/${encodeURIComponent(alice.userId)}/account_data/org.test`);
  assert.equal(global.body.errcode, "M_NOT_FOUND");
});

test("another user's account data and tags are nobody's business", async () => {
  const refused = [
    await alice.request("PUT", ofRoom(bob, "account_data/org.test"), {}),
    await alice.get(ofRoom(bob, "account_data/org.test")),
    await alice.get(ofRoom(bob, "tags")),
    await alice.request("PUT", ofRoom(bob, "tags/u.work"), {}),
    await alice.request("DELETE", ofRoom(bob, "tags/u.work")),
  ];
  for (const { status, body } of refused) assert.deepEqual([status, body.errcode], [403, "M_FORBIDDEN"]);
});

test("what the server manages, and what cannot be stored, is refused and changes nothing", async () => {
  const managed = await alice.request("PUT", ofRoom(alice, "account_data/m.fully_read"), { event_id: "$e" });
  assert.deepEqual([managed.status, managed.body.errcode], [400, "M_BAD_JSON"]);
  const lone = await alice.request("PUT", ofRoom(alice, "account_data/org.lone"), '{"a":"\\ud800"}');
  assert.deepEqual([lone.status, lone.body.errcode], [400, "M_BAD_JSON"]);
  assert.equal((await alice.get(ofRoom(alice, "account_data/org.lone"))).status, 404);
});

test("tags are set, replaced, read and deleted; they are the content of m.tag", async () => {
  assert.deepEqual((await bob.get(ofRoom(bob, "tags"))).body, { tags: {} });
  await bob.request("PUT", ofRoom(bob, "tags/m.favourite"), { order: 0.1 });
  await bob.request("PUT", ofRoom(bob, "tags/__proto__"), {});
  await bob.request("PUT", ofRoom(bob, "tags/m.favourite"), { order: 0.5 });
  const { tags } = (await bob.get(ofRoom(bob, "account_data/m.tag"))).body;
  assert.deepEqual(tags["m.favourite"], { order: 0.5 });
  assert.ok(Object.hasOwn(tags, "__proto__"));
  assert.equal((await bob.request("DELETE", ofRoom(bob, "tags/__proto__"))).status, 200);
  assert.equal((await bob.request("DELETE", ofRoom(bob, "tags/never"))).status, 200);
  assert.deepEqual((await bob.get(ofRoom(bob, "tags"))).body, { tags: { "m.favourite": { order: 0.5 } } });
});

test("a room has at most a hundred tags", async () => {
  const carol = await newClient(server.url, "carol");
  for (let index = 0; index < 100; index++) await carol.request("PUT", ofRoom(carol, `tags/u.${index}`), {});
  const refused = await carol.request("PUT", ofRoom(carol, "tags/u.more"), {});
  assert.equal(refused.body.errcode, "M_TOO_LARGE");
  assert.equal((await carol.request("PUT", ofRoom(carol, "tags/u.7"), { order: 1 })).status, 200);
});
