import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Answer, type Client, newClient } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/test-server.ts";
import { act, newRoom, refused, roomPath, roomVersions, stateContent, succeed } from "../room-memberships/rooms.ts";

let server: TestServer;
let names = 0;

before(async () => {
  server = await startTestServer();
});
after(() => server.close());

const newUser = (): Promise<Client> => newClient(server.url, `user${names++}`);
const newAlias = () => `#alias${names++}:localhost`;
const directory = (alias: string) => `/directory/room/${encodeURIComponent(alias)}`;

function setAlias(client: Client, alias: string, room_id: string): Promise<Answer> {
  return client.request("PUT", directory(alias), { room_id });
}

function removeAlias(client: Client, alias: string): Promise<Answer> {
  return client.request("DELETE", directory(alias));
}

async function aliasesOf(client: Client, roomId: string): Promise<string[]> {
  return (await succeed(client.get(roomPath(roomId, "/aliases")))).aliases;
}

const anyRoom = "!any:localhost";

test("an alias points to one room, which everybody is told", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice, { preset: "public_chat" });
  const alias = newAlias();
  await refused(bob.get(directory(alias)), 404, "M_NOT_FOUND");
  assert.deepEqual(await succeed(setAlias(alice, alias, roomId)), {});
  assert.deepEqual(await succeed(bob.get(directory(alias))), { room_id: roomId, servers: ["localhost"] });
  const unauthenticated = await fetch(`${server.url}/_matrix/client/v3${directory(alias)}`);
  assert.deepEqual(await unauthenticated.json(), { room_id: roomId, servers: ["localhost"] });
  await refused(setAlias(alice, alias, roomId), 409, "M_UNKNOWN");
  assert.deepEqual(await succeed(bob.post(`/join/${encodeURIComponent(alias)}`, {})), { room_id: roomId });
});

test("only members of a room give it an alias, and only one of this server", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice);
  const known = await refused(setAlias(bob, newAlias(), roomId), 403, "M_FORBIDDEN");
  assert.deepEqual(await refused(setAlias(bob, newAlias(), anyRoom), 403, "M_FORBIDDEN"), known);
  await refused(setAlias(alice, "#alias:elsewhere.test", roomId), 400, "M_INVALID_PARAM");
  await refused(setAlias(alice, "alias:localhost", roomId), 400, "M_INVALID_PARAM");
  await refused(setAlias(alice, newAlias(), "room"), 400, "M_INVALID_PARAM");
  await refused(alice.request("PUT", directory(newAlias()), {}), 400, "M_BAD_JSON");
  await refused(alice.get(directory("alias")), 400, "M_INVALID_PARAM");
  await refused(alice.get(directory("#alias:elsewhere.test")), 404, "M_NOT_FOUND");
});

test("the members of a room see its aliases, and everybody those of a room that the world reads", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice);
  assert.deepEqual(await aliasesOf(alice, roomId), []);
  const aliases = [newAlias(), newAlias()].sort();
  for (const alias of aliases) await succeed(setAlias(alice, alias, roomId));
  assert.deepEqual(await aliasesOf(alice, roomId), aliases);
  const known = await refused(bob.get(roomPath(roomId, "/aliases")), 403, "M_FORBIDDEN");
  assert.deepEqual(await refused(bob.get(roomPath(anyRoom, "/aliases")), 403, "M_FORBIDDEN"), known);
  const readable = { type: "m.room.history_visibility", content: { history_visibility: "world_readable" } };
  const world = await newRoom(alice, { initial_state: [readable] });
  assert.deepEqual(await aliasesOf(bob, world), []);
});

for (const room_version of roomVersions) {
  test(`version ${room_version}: who made an alias removes it, and who may name the room`, async () => {
    const [alice, bob, carol] = [await newUser(), await newUser(), await newUser()];
    const roomId = await newRoom(alice, { room_version, preset: "public_chat" });
    for (const user of [bob, carol]) await succeed(act(user, roomId, "join"));
    const [first, second] = [newAlias(), newAlias()];
    for (const alias of [first, second]) await succeed(setAlias(bob, alias, roomId));
    await refused(removeAlias(carol, first), 403, "M_FORBIDDEN");
    await succeed(removeAlias(bob, first));
    await succeed(removeAlias(alice, second));
    await refused(removeAlias(alice, second), 404, "M_NOT_FOUND");
    await refused(removeAlias(alice, "#alias:elsewhere.test"), 404, "M_NOT_FOUND");
    assert.deepEqual(await aliasesOf(alice, roomId), []);
    // What has gone can be given again, to another room too.
    const other = await newRoom(carol, { room_version });
    await succeed(setAlias(carol, first, other));
    assert.equal((await succeed(alice.get(directory(first)))).room_id, other);
    await refused(removeAlias(alice, first), 403, "M_FORBIDDEN");
  });
}

test("an alias that is removed is named by the room no longer", async () => {
  const alice = await newUser();
  const name = `named${names++}`;
  const roomId = await newRoom(alice, { room_alias_name: name });
  assert.deepEqual(await stateContent(alice, roomId, "m.room.canonical_alias"), { alias: `#${name}:localhost` });
  await succeed(removeAlias(alice, `#${name}:localhost`));
  assert.deepEqual(await stateContent(alice, roomId, "m.room.canonical_alias"), {});
  // Another one changes nothing.
  const alias = newAlias();
  await succeed(setAlias(alice, alias, roomId));
  await succeed(removeAlias(alice, alias));
  assert.deepEqual(await stateContent(alice, roomId, "m.room.canonical_alias"), {});
});

test("who may not name the room removes the alias all the same", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice, { preset: "public_chat" });
  await succeed(act(bob, roomId, "join"));
  const alias = newAlias();
  await succeed(setAlias(bob, alias, roomId));
  const put = { alias, alt_aliases: [alias] };
  await succeed(alice.request("PUT", roomPath(roomId, "/state/m.room.canonical_alias"), put));
  await succeed(removeAlias(bob, alias));
  await refused(alice.get(directory(alias)), 404, "M_NOT_FOUND");
  assert.deepEqual(await stateContent(alice, roomId, "m.room.canonical_alias"), put);
});

test("a room names only aliases that point to it, and goes on naming those that did", async () => {
  const alice = await newUser();
  const [roomId, other] = [await newRoom(alice), await newRoom(alice)];
  const [own, others] = [newAlias(), newAlias()];
  await succeed(setAlias(alice, own, roomId));
  await succeed(setAlias(alice, others, other));
  const name = (content: object) => alice.request("PUT", roomPath(roomId, "/state/m.room.canonical_alias"), content);
  await refused(name({ alias: others }), 400, "M_BAD_ALIAS");
  await refused(name({ alias: own, alt_aliases: [others] }), 400, "M_BAD_ALIAS");
  await refused(name({ alias: "#alias:elsewhere.test" }), 400, "M_BAD_ALIAS");
  await refused(name({ alias: "none" }), 400, "M_INVALID_PARAM");
  for (const alt_aliases of ["none", own, { 0: own }, [[own]], [5], [own, null], true]) {
    await refused(name({ alt_aliases }), 400, "M_INVALID_PARAM");
  }
  await succeed(name({ alias: own, alt_aliases: [own] }));
  await succeed(name({ alias: "" }));
  await succeed(name({}));
});

test("m.room.canonical_alias with a state key does not name the room", async () => {
  const alice = await newUser();
  const other = { type: "m.room.canonical_alias", state_key: "other", content: { alias: "#none:localhost" } };
  const roomId = await newRoom(alice, { initial_state: [other] });
  const alias = newAlias();
  await succeed(setAlias(alice, alias, roomId));
  const path = roomPath(roomId, "/state/m.room.canonical_alias/key");
  await succeed(alice.request("PUT", path, { alias: "no alias", alt_aliases: alias }));
  await succeed(removeAlias(alice, alias));
  assert.equal((await succeed(alice.get(path))).alt_aliases, alias);
});

test("a room has a hundred aliases at most", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  for (let count = 0; count < 100; count++) await succeed(setAlias(alice, newAlias(), roomId));
  await refused(setAlias(alice, newAlias(), roomId), 400, "M_RESOURCE_LIMIT_EXCEEDED");
});
