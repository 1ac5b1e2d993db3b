import assert from "node:assert/strict";
import { test } from "node:test";
import { newClient } from "../../support/client.ts";
import { serveUsers } from "../../support/serve-users.ts";
import { startTestServer } from "../../support/test-server.ts";
import {
  joinedRooms,
  membershipOf,
  newRoom,
  refused,
  roomVersions,
  stateContent,
  stateEvent,
  timeline,
} from "./rooms.ts";

const { newUser } = await serveUsers();

for (const version of roomVersions) {
  test(`version ${version}: the preset decides on the rules of the room`, async () => {
    const alice = await newUser();
    const rulesOf = async (body: object) => {
      const roomId = await newRoom(alice, { room_version: version, ...body });
      const [joining, history, guests, levels] = await Promise.all([
        stateContent(alice, roomId, "m.room.join_rules"),
        stateContent(alice, roomId, "m.room.history_visibility"),
        stateContent(alice, roomId, "m.room.guest_access"),
        stateContent(alice, roomId, "m.room.power_levels"),
      ]);
      return [joining.join_rule, history.history_visibility, guests.guest_access, levels.invite];
    };
    const closed = ["invite", "shared", "can_join", 0];
    const open = ["public", "shared", "forbidden", 50];
    assert.deepEqual(await rulesOf({}), closed);
    assert.deepEqual(await rulesOf({ visibility: "private" }), closed);
    assert.deepEqual(await rulesOf({ visibility: "public" }), open);
    assert.deepEqual(await rulesOf({ preset: "private_chat", visibility: "public" }), closed);
    assert.deepEqual(await rulesOf({ preset: "trusted_private_chat" }), closed);
    assert.deepEqual(await rulesOf({ preset: "public_chat" }), open);
  });

  test(`version ${version}: events are sent in the order that the specification gives`, async () => {
    const [alice, bob] = [await newUser(), await newUser()];
    const roomId = await newRoom(alice, {
      ...{ room_version: version, room_alias_name: `ordered-${version}`, name: "Name", topic: "Topic" },
      invite: [bob.userId],
      initial_state: [
        { type: "m.room.topic", content: { topic: "not this one" } },
        { type: "m.room.encryption", content: { algorithm: "m.megolm.v1.aes-sha2" } },
        { type: "org.example.widget", state_key: "a", content: { b: 1 } },
        { type: "m.room.guest_access", content: { guest_access: "forbidden" } },
      ],
    });
    const events = await timeline(alice, roomId);
    assert.deepEqual(
      events.map(({ type, state_key: key }) => (key === "" ? type : `${type} ${key}`)),
      [
        ...["m.room.create", `m.room.member ${alice.userId}`, "m.room.power_levels", "m.room.canonical_alias"],
        ...["m.room.join_rules", "m.room.history_visibility", "m.room.encryption", "org.example.widget a"],
        ...["m.room.guest_access", "m.room.name", "m.room.topic", `m.room.member ${bob.userId}`],
      ],
    );
    const contents = Object.fromEntries(events.map(({ type, content }) => [type, content]));
    assert.deepEqual(contents["m.room.canonical_alias"], { alias: `#ordered-${version}:localhost` });
    assert.deepEqual(contents["m.room.guest_access"], { guest_access: "forbidden" });
    const text = [{ body: "Topic", mimetype: "text/plain" }];
    assert.deepEqual(contents["m.room.topic"], { topic: "Topic", "m.topic": { "m.text": text } });
    assert.equal(contents["m.room.create"].room_version, version);
    assert.deepEqual(await joinedRooms(alice), [roomId]);
    assert.deepEqual(await joinedRooms(bob), []);
  });

  test(`version ${version}: what is refused leaves nothing behind`, async () => {
    const alice = await newUser();
    const create = (body: object) => alice.post("/createRoom", { room_version: version, ...body });
    const state = (type: string, content: object) => ({ initial_state: [{ type, content }] });
    await refused(create(state("m.room.create", {})), 400, "M_INVALID_ROOM_STATE");
    const tooLow = { power_level_content_override: { state_default: 200, events: { "m.room.name": 200 } }, name: "x" };
    if (version !== "12") await refused(create(tooLow), 400, "M_INVALID_ROOM_STATE");
    await refused(create(state("m.room.power_levels", { users: { nobody: 1 } })), 400, "M_INVALID_ROOM_STATE");
    await refused(create(state("m.room.canonical_alias", { alias: "#other:localhost" })), 400, "M_BAD_ALIAS");
    await refused(create(state("m.room.canonical_alias", { alias: 5 })), 400, "M_INVALID_PARAM");
    await refused(create(state("a", { number: 1.5 })), 400, "M_BAD_JSON");
    await refused(create(state("a", { text: "x".repeat(70_000) })), 413, "M_TOO_LARGE");
    await refused(create({ room_alias_name: "left-behind", invite: ["@nobody:localhost"] }), 403, "M_FORBIDDEN");
    const invitation = { type: "m.room.member", state_key: "@nobody:localhost", content: { membership: "invite" } };
    await refused(create({ initial_state: [invitation] }), 403, "M_FORBIDDEN");
    assert.deepEqual(await joinedRooms(alice), []);
    await newRoom(alice, { room_version: version, room_alias_name: `left-behind-${version}` });
    await refused(alice.get("/directory/room/%23left-behind%3Alocalhost"), 404, "M_NOT_FOUND");
  });

  test(`version ${version}: an override takes the place of members of the power levels`, async () => {
    const alice = await newUser();
    const given = { ban: 77, events: { "org.example": 5 }, "org.example.own": { a: 1 } };
    const roomId = await newRoom(alice, { room_version: version, power_level_content_override: given });
    const levels = await stateContent(alice, roomId, "m.room.power_levels");
    const tombstone = version === "12" ? { "m.room.tombstone": 150 } : {};
    assert.deepEqual([levels.ban, levels.kick, levels["org.example.own"]], [77, 50, { a: 1 }]);
    assert.deepEqual(levels.events, { "org.example": 5, ...tombstone });
  });

  test(`version ${version}: given power levels are the first ones, above the usual ones of a creator`, async () => {
    const [alice, bob] = [await newUser(), await newUser()];
    const users = version === "12" ? { [bob.userId]: 9001 } : { [alice.userId]: 9001, [bob.userId]: 500 };
    const content = { users, invite: 7 };
    const roomId = await newRoom(alice, {
      room_version: version,
      initial_state: [{ type: "m.room.power_levels", content }],
    });
    assert.deepEqual(await stateContent(alice, roomId, "m.room.power_levels"), content);
    const types = (await timeline(alice, roomId)).map(({ type }) => type);
    assert.equal(types.indexOf("m.room.power_levels"), 2);
    assert.equal(types.lastIndexOf("m.room.power_levels"), 2);
  });

  test(`version ${version}: rooms that are alike, made at once, are several`, async () => {
    const alice = await newUser();
    const rooms = await Promise.all(Array.from({ length: 6 }, () => newRoom(alice, { room_version: version })));
    assert.equal(new Set(rooms).size, 6);
    assert.deepEqual((await joinedRooms(alice)).sort(), rooms.sort());
  });

  test(`version ${version}: all trusted invitees have the creator's power`, async () => {
    const [alice, bob, carol] = [await newUser(), await newUser(), await newUser()];
    const roomId = await newRoom(alice, {
      ...{ room_version: version, preset: "trusted_private_chat", invite: [bob.userId, bob.userId, alice.userId] },
      creation_content: version === "12" ? { additional_creators: [carol.userId, bob.userId] } : {},
    });
    const create = await stateContent(alice, roomId, "m.room.create");
    const { users, events } = await stateContent(alice, roomId, "m.room.power_levels");
    if (version === "12") {
      assert.deepEqual(create.additional_creators, [carol.userId, bob.userId]);
      assert.deepEqual(users, {});
      assert.equal(events["m.room.tombstone"], 150);
    } else {
      assert.equal(create.additional_creators, undefined);
      assert.deepEqual(users, { [alice.userId]: 100, [bob.userId]: 100 });
    }
  });
}

test("the id and the create event are those of the version", async () => {
  const alice = await newUser();
  const creation_content = { type: "m.space", "m.federate": false, creator: "@x:y", room_version: "1" };
  for (const version of roomVersions) {
    const roomId = await newRoom(alice, { room_version: version, creation_content });
    assert.match(roomId, version === "12" ? /^![A-Za-z0-9_-]{43}$/ : /^![A-Za-z0-9_-]+:localhost$/);
    const { sender, content } = await stateEvent(alice, roomId, "m.room.create");
    assert.equal(sender, alice.userId);
    const creator = version === "10" ? { creator: alice.userId } : {};
    assert.deepEqual(content, { type: "m.space", "m.federate": false, room_version: version, ...creator });
  }
});

test("the level that ends a version 12 room is above that of other state, unless the client says another one", async () => {
  const alice = await newUser();
  const levelFor = async (power_level_content_override: object) => {
    const roomId = await newRoom(alice, { room_version: "12", power_level_content_override });
    return (await stateContent(alice, roomId, "m.room.power_levels")).events["m.room.tombstone"];
  };
  assert.equal(await levelFor({}), 150);
  assert.equal(await levelFor({ state_default: 300 }), 301);
  assert.equal(await levelFor({ events: { "m.room.tombstone": 120 } }), 120);
  const creator = { users: { [alice.userId]: 100 } };
  const create = { room_version: "12", power_level_content_override: creator };
  await refused(alice.post("/createRoom", create), 400, "M_INVALID_ROOM_STATE");
});

test("additional creators are users", async () => {
  const alice = await newUser();
  const create = (additional_creators: unknown) =>
    alice.post("/createRoom", { room_version: "12", creation_content: { additional_creators } });
  await refused(create("@a:b"), 400, "M_BAD_JSON");
  await refused(create([5]), 400, "M_INVALID_PARAM");
  await refused(create(["alice"]), 400, "M_INVALID_PARAM");
});

test("invites carry the invitee's profile, and say whether it is a direct chat", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  await bob.request("PUT", `/profile/${bob.userId}/displayname`, { displayname: "Bob" });
  await alice.request("PUT", `/profile/${alice.userId}/avatar_url`, { avatar_url: "mxc://localhost/alice" });
  const direct = await newRoom(alice, { invite: [bob.userId], is_direct: true });
  const invited = { membership: "invite", displayname: "Bob" };
  assert.deepEqual(await stateContent(alice, direct, "m.room.member", bob.userId), { ...invited, is_direct: true });
  const joined = { membership: "join", avatar_url: "mxc://localhost/alice" };
  assert.deepEqual(await stateContent(alice, direct, "m.room.member", alice.userId), joined);
  const other = await newRoom(alice, { invite: [bob.userId] });
  assert.deepEqual(await stateContent(alice, other, "m.room.member", bob.userId), invited);
});

test("what a request cannot ask for is refused with a reason", async () => {
  const alice = await newUser();
  const create = (body: object) => alice.post("/createRoom", body);
  await refused(create({ room_version: "1" }), 400, "M_UNSUPPORTED_ROOM_VERSION");
  await refused(create({ room_version: "toString" }), 400, "M_UNSUPPORTED_ROOM_VERSION");
  await refused(create({ preset: "open_house" }), 400, "M_BAD_JSON");
  await refused(create({ visibility: "hidden" }), 400, "M_BAD_JSON");
  await refused(create({ room_alias_name: "" }), 400, "M_INVALID_PARAM");
  await refused(create({ room_alias_name: "x".repeat(300) }), 400, "M_INVALID_PARAM");
  await refused(create({ invite: ["bob"] }), 400, "M_INVALID_PARAM");
  await refused(create({ invite: ["@bob:elsewhere.test"] }), 403, "M_FORBIDDEN");
  const address = { id_server: "id.test", id_access_token: "t", medium: "email", address: "bob@example.org" };
  await refused(create({ invite_3pid: [address] }), 403, "M_THREEPID_DENIED");
  await refused(create({ invite: Array.from({ length: 101 }, (_, i) => `@u${i}:localhost`) }), 400, "M_TOO_LARGE");
  const events = Array.from({ length: 51 }, (_, i) => ({ type: "a", state_key: `${i}`, content: {} }));
  await refused(create({ initial_state: events }), 400, "M_TOO_LARGE");
  await refused(create({ initial_state: [{ type: "", content: {} }] }), 400, "M_BAD_JSON");
  await refused(create({ initial_state: [{ type: "a" }] }), 400, "M_BAD_JSON");
  const nobody = { type: "m.room.member", state_key: "nobody", content: { membership: "invite" } };
  await refused(create({ initial_state: [nobody] }), 400, "M_INVALID_PARAM");
  await refused(create({ initial_state: [{ type: "a", state_key: 1, content: {} }] }), 400, "M_BAD_JSON");
  await refused(create({ name: "\ud800" }), 400, "M_BAD_JSON");
  assert.deepEqual(await joinedRooms(alice), []);
});

test("an alias that is taken is not given to a second room, which is not made", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice, { room_alias_name: "taken" });
  await refused(bob.post("/createRoom", { room_alias_name: "taken" }), 400, "M_ROOM_IN_USE");
  assert.deepEqual(await joinedRooms(bob), []);
  assert.equal((await bob.get("/directory/room/%23taken%3Alocalhost")).body.room_id, roomId);
});

test("as much as is allowed is made at once", async () => {
  const alice = await newUser();
  const state = Array.from({ length: 50 }, (_, index) => ({ type: "a", state_key: `${index}`, content: { index } }));
  const roomId = await newRoom(alice, { initial_state: state });
  assert.deepEqual(await stateContent(alice, roomId, "a", "49"), { index: 49 });
  assert.equal(await membershipOf(alice, roomId, alice.userId), "join");
});

test("the operator chooses the version of new rooms, and clients see which there are", async () => {
  const twelve = await startTestServer({ rooms: { default_version: "12" } });
  try {
    const alice = await newClient(twelve.url, "alice");
    assert.equal((await stateContent(alice, await newRoom(alice), "m.room.create")).room_version, "12");
    const versions = (await alice.get("/capabilities")).body.capabilities["m.room_versions"];
    assert.deepEqual(versions, { default: "12", available: { 10: "stable", 11: "stable", 12: "stable" } });
  } finally {
    await twelve.close();
  }
  const alice = await newUser();
  assert.equal((await stateContent(alice, await newRoom(alice), "m.room.create")).room_version, "11");
});
