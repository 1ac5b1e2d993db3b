import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startTestAppservice, type TestAppservice } from "../../support/appservices/test-appservice.ts";
import { type Client, newClient } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/test-server.ts";
import { joinedRooms, membershipOf, newRoom, refused, succeed } from "../room-memberships/rooms.ts";

let bridge: TestAppservice;
let open: TestAppservice;
let server: TestServer;
let names = 0;

before(async () => {
  bridge = await startTestAppservice({ aliases: [{ exclusive: true, regex: "#bridge_.*:localhost" }] });
  open = await startTestAppservice({ id: "open", aliases: [{ exclusive: false, regex: "#open_.*:localhost" }] });
  server = await startTestServer({ appservices: [bridge.registrationFile, open.registrationFile] });
});
after(async () => {
  await server.close();
  await Promise.all([bridge.close(), open.close()]);
});

const newUser = (): Promise<Client> => newClient(server.url, `user${names++}`);
const directory = (alias: string) => `/directory/room/${encodeURIComponent(alias)}`;
const path = (alias: string) => `/_matrix/app/v1/rooms/${encodeURIComponent(alias)}`;

/** The appservice makes the rooms that it is asked for, once it has been told to. */
function makesRooms(appservice: TestAppservice, when: Promise<unknown> = Promise.resolve()): string[] {
  const made: string[] = [];
  appservice.on.rooms = async (request) => {
    await when;
    const alias = decodeURIComponent(request.path.slice(request.path.lastIndexOf("/") + 1));
    // An appservice may well look first whether the alias is there: it is not asked for it then.
    const known = await appservice.request(server.url, "GET", directory(alias));
    assert.equal(known.status, 404);
    const room_alias_name = alias.slice(1, alias.indexOf(":"));
    const body = { room_alias_name, preset: "public_chat" };
    const answer = await appservice.request(server.url, "POST", "/createRoom", { body });
    made.push(answer.body.room_id);
    return {};
  };
  return made;
}

test("an alias that an appservice has is made when somebody wants to join", async () => {
  const alice = await newUser();
  for (const [appservice, alias] of [
    [bridge, `#bridge_room${names++}:localhost`],
    [open, `#open_room${names++}:localhost`],
  ] as const) {
    const made = makesRooms(appservice);
    const { room_id } = await succeed(alice.post(`/join/${encodeURIComponent(alias)}`, {}));
    assert.deepEqual(made, [room_id]);
    assert.equal((await succeed(alice.get(directory(alias)))).room_id, room_id);
    assert.equal(appservice.requests.filter((request) => request.path === path(alias)).length, 1);
  }
});

test("questions at once for one alias are one question", async () => {
  const users = await Promise.all(Array.from({ length: 4 }, newUser));
  const release = Promise.withResolvers<void>();
  const made = makesRooms(bridge, release.promise);
  const alias = `#bridge_room${names++}:localhost`;
  const joining = users.map((user) => user.post(`/join/${encodeURIComponent(alias)}`, {}));
  await bridge.until(() => bridge.requests.some((request) => request.path === path(alias)));
  release.resolve();
  for (const answer of await Promise.all(joining)) assert.deepEqual(answer.body, { room_id: made[0] });
  assert.equal(bridge.requests.filter((request) => request.path === path(alias)).length, 1);
});

test("an alias that the appservice does not have, or does not make, is not found", async () => {
  const alice = await newUser();
  bridge.on.rooms = () => ({ status: 404, body: { errcode: "M_NOT_FOUND", error: "No such room" } });
  await refused(alice.get(directory("#bridge_none:localhost")), 404, "M_NOT_FOUND");
  bridge.on.rooms = () => ({ status: 500 });
  await refused(alice.get(directory("#bridge_broken:localhost")), 404, "M_NOT_FOUND");
  bridge.on.rooms = () => ({});
  await refused(alice.get(directory("#bridge_liar:localhost")), 404, "M_NOT_FOUND");
  // Nobody is asked for other aliases, and the appservice not for its own.
  const asked = bridge.requestsTo("rooms").length;
  await refused(alice.get(directory("#other:localhost")), 404, "M_NOT_FOUND");
  await refused(alice.get(directory("#bridge_none:elsewhere.test")), 404, "M_NOT_FOUND");
  await refused(bridge.request(server.url, "GET", directory("#bridge_own:localhost")), 404, "M_NOT_FOUND");
  const joining = `/join/${encodeURIComponent("#bridge_own:localhost")}`;
  await refused(bridge.request(server.url, "POST", joining, { body: {} }), 404, "M_NOT_FOUND");
  assert.equal(bridge.requestsTo("rooms").length, asked);
});

test("aliases of an exclusive namespace are the appservice's, and it makes no others", async () => {
  const alice = await newUser();
  const roomId = await newRoom(alice);
  const set = (name: string) => alice.request("PUT", directory(`#${name}:localhost`), { room_id: roomId });
  await refused(set("bridge_mine"), 400, "M_EXCLUSIVE");
  await refused(alice.post("/createRoom", { room_alias_name: "bridge_mine" }), 400, "M_EXCLUSIVE");
  await succeed(set("open_mine"));
  const create = (appservice: TestAppservice, room_alias_name: string) =>
    appservice.request(server.url, "POST", "/createRoom", { body: { room_alias_name } });
  for (const name of ["other", "open_other"]) await refused(create(bridge, name), 400, "M_EXCLUSIVE");
  await refused(create(open, "bridge_other"), 400, "M_EXCLUSIVE");
  await succeed(create(bridge, "bridge_other"));
  await succeed(create(open, "open_other"));
  assert.deepEqual(await joinedRooms(alice), [roomId]);
});

test("a user that an appservice has is made when somebody invites it", async () => {
  const alice = await newUser();
  const ghost = "@bridge_ghost:localhost";
  bridge.on.users = async () => {
    const body = { type: "m.login.application_service", username: "bridge_ghost" };
    await bridge.request(server.url, "POST", "/register", { body });
    return {};
  };
  const roomId = await newRoom(alice, { invite: [ghost] });
  assert.equal(await membershipOf(alice, roomId, ghost), "invite");
  const join = `/rooms/${encodeURIComponent(roomId)}/join`;
  await succeed(bridge.request(server.url, "POST", join, { userId: ghost, body: {} }));
  assert.equal(await membershipOf(alice, roomId, ghost), "join");
});
