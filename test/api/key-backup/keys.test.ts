import assert from "node:assert/strict";
import { test } from "node:test";
import { serveUsers } from "../../support/serve-users.ts";
import { assertRefused, keysPath, newBackup, otherRoom, putKey, room, roomKey, stateOf } from "./backups.ts";

const { newUser } = await serveUsers();

test("keys are stored by one, by room and all together, and read in the same three ways, as they were sent", async () => {
  const alice = await newUser();
  const version = await newBackup(alice);
  const odd = { ciphertext: "é\u0000\ud83d\ude00", nested: [{ "": null }], one: 1.5, __other: true };
  const session = "a session/with+odd=characters%";
  const keys = {
    [session]: roomKey({ session_data: odd }),
    S1: roomKey({ first_message_index: 2 ** 53 - 1, forwarded_count: 7, is_verified: false }),
    S2: roomKey({ session_data: {} }),
  };
  const one = await putKey(alice, version, session, keys[session]);
  assert.equal(one.count, 1);
  const byRoom = await alice.request("PUT", keysPath(version, room), { sessions: { S1: keys.S1, S2: keys.S2 } });
  assert.equal(byRoom.body.count, 3);
  const rooms = { [otherRoom]: { sessions: { S1: keys.S2 } }, "!empty:example.org": { sessions: {} } };
  const all = await alice.request("PUT", keysPath(version), { rooms });
  assert.equal(all.body.count, 4);
  assert.deepEqual(await stateOf(alice, version), all.body);
  assert.equal(new Set([one.etag, byRoom.body.etag, all.body.etag]).size, 3);

  for (const [name, key] of Object.entries(keys)) {
    assert.deepEqual((await alice.get(keysPath(version, room, name))).body, key);
  }
  assert.deepEqual((await alice.get(keysPath(version, room))).body, { sessions: keys });
  assert.deepEqual((await alice.get(keysPath(version))).body, {
    rooms: { [room]: { sessions: keys }, [otherRoom]: { sessions: { S1: keys.S2 } } },
  });
});

test("what is not there: one key is 404, a room and all of them are empty", async () => {
  const alice = await newUser();
  const version = await newBackup(alice);
  assert.deepEqual((await alice.get(keysPath(version))).body, { rooms: {} });
  assert.deepEqual((await alice.get(keysPath(version, room))).body, { sessions: {} });
  await assertRefused(alice.get(keysPath(version, room, "S")), 404, "M_NOT_FOUND");
  await putKey(alice, version, "S");
  assert.deepEqual((await alice.get(keysPath(version, otherRoom))).body, { sessions: {} });
  await assertRefused(alice.get(keysPath(version, otherRoom, "S")), 404, "M_NOT_FOUND");
  await assertRefused((await newUser()).get(keysPath(version)), 404, "M_NOT_FOUND");
});

test("B1: keys go into the current version alone; reading and deleting older ones goes on", async () => {
  const alice = await newUser();
  const old = await newBackup(alice);
  await putKey(alice, old, "S");
  const current = await newBackup(alice);
  for (const [names, body] of [
    [[], { rooms: {} }],
    [[], { rooms: { [room]: { sessions: { T: roomKey() } } } }],
    [[room], { sessions: { T: roomKey() } }],
    [[room, "T"], roomKey()],
  ] as const) {
    const refused = await assertRefused(
      alice.request("PUT", keysPath(old, ...names), body),
      403,
      "M_WRONG_ROOM_KEYS_VERSION",
    );
    assert.equal(refused.body.current_version, current);
    await assertRefused(alice.request("PUT", keysPath("77", ...names), body), 404, "M_NOT_FOUND");
  }
  assert.deepEqual((await alice.get(keysPath(old))).body, { rooms: { [room]: { sessions: { S: roomKey() } } } });
  assert.deepEqual((await alice.get(keysPath(current))).body, { rooms: {} });
  assert.equal((await alice.request("DELETE", keysPath(old, room, "S"))).body.count, 0);
  await alice.request("DELETE", `/room_keys/version/${current}`);
  assert.equal((await putKey(alice, old, "T")).count, 1, "with the newer one deleted it is the current one again");
});

test("B2, B3: of two keys of a session the better one stays, and the etag changes when it does", async () => {
  const alice = await newUser();
  const version = await newBackup(alice);
  const stored = async () => (await alice.get(keysPath(version, room, "S"))).body;
  const first = roomKey({ is_verified: false, first_message_index: 5, forwarded_count: 5 });
  let state = await putKey(alice, version, "S", first);
  const better = [
    { ...first, forwarded_count: 4 },
    { ...first, first_message_index: 4, forwarded_count: 9 },
    { ...first, is_verified: true, first_message_index: 9, forwarded_count: 9 },
  ];
  const worse = [
    { ...first, forwarded_count: 6, first_message_index: 5 },
    { ...first, forwarded_count: 0, first_message_index: 6 },
    { ...first, session_data: { as: "good" } },
  ];
  for (const key of worse) {
    assert.deepEqual(await putKey(alice, version, "S", key), state);
    assert.deepEqual(await stored(), first);
  }
  for (const key of better) {
    const next = await putKey(alice, version, "S", key);
    assert.equal(next.count, 1);
    assert.notEqual(next.etag, state.etag);
    assert.deepEqual(await stored(), key);
    state = next;
  }
  assert.deepEqual(await putKey(alice, version, "S", { ...first, first_message_index: 0 }), state);
  const mixed = { sessions: { S: first, T: roomKey() } };
  assert.equal((await alice.request("PUT", keysPath(version, room), mixed)).body.count, 2);
  assert.deepEqual(await stored(), better[2]);
});

test("B3: keys are deleted by one, by room and all together, with count and etag", async () => {
  const alice = await newUser();
  const version = await newBackup(alice);
  const sessions = { S1: roomKey(), S2: roomKey(), S3: roomKey() };
  const rooms = { [room]: { sessions }, [otherRoom]: { sessions } };
  const { body: full } = await alice.request("PUT", keysPath(version), { rooms });
  const remove = async (...names: string[]) => (await alice.request("DELETE", keysPath(version, ...names))).body;
  assert.deepEqual(await remove(room, "S4"), full, "what is not there changes nothing");
  assert.deepEqual(await remove("!none:example.org"), full);
  const one = await remove(room, "S1");
  assert.equal(one.count, 5);
  assert.notEqual(one.etag, full.etag);
  assert.deepEqual(Object.keys((await alice.get(keysPath(version, room))).body.sessions), ["S2", "S3"]);
  const ofRoom = await remove(room);
  assert.equal(ofRoom.count, 3);
  assert.notEqual(ofRoom.etag, one.etag);
  assert.deepEqual((await alice.get(keysPath(version))).body, { rooms: { [otherRoom]: { sessions } } });
  const all = await remove();
  assert.equal(all.count, 0);
  assert.notEqual(all.etag, ofRoom.etag);
  assert.deepEqual(await remove(), all);
  assert.deepEqual(await stateOf(alice, version), all);
  assert.deepEqual((await alice.get(keysPath(version))).body, { rooms: {} });
  assert.equal(
    (await putKey(alice, version, "S1", roomKey({ is_verified: false }))).count,
    1,
    "it can be filled again",
  );
});

test("B3: a request of the wrong shape stores nothing of what it has", async () => {
  const alice = await newUser();
  const version = await newBackup(alice);
  const before = await stateOf(alice, version);
  const wrong: readonly [unknown, string][] = [
    ["text", "M_BAD_JSON"],
    [null, "M_BAD_JSON"],
    [{ ...roomKey(), is_verified: "true" }, "M_BAD_JSON"],
    [{ ...roomKey(), is_verified: undefined }, "M_BAD_JSON"],
    [{ ...roomKey(), first_message_index: -1 }, "M_BAD_JSON"],
    [{ ...roomKey(), first_message_index: 1.5 }, "M_BAD_JSON"],
    [{ ...roomKey(), first_message_index: 2 ** 53 }, "M_BAD_JSON"],
    [{ ...roomKey(), forwarded_count: null }, "M_BAD_JSON"],
    [{ ...roomKey(), session_data: "text" }, "M_BAD_JSON"],
    [{ ...roomKey(), session_data: { text: "\ud800" } }, "M_BAD_JSON"],
    [{ ...roomKey(), session_data: { text: "x".repeat(70_000) } }, "M_TOO_LARGE"],
  ];
  for (const [key, errcode] of wrong) {
    await assertRefused(
      alice.request("PUT", keysPath(version, room), { sessions: { A: roomKey(), B: key } }),
      400,
      errcode,
    );
    if (typeof key !== "object" || key === null) continue;
    await assertRefused(alice.request("PUT", keysPath(version, room, "B"), key), 400, errcode);
  }
  for (const rooms of [{ [room]: {} }, { [room]: { sessions: [] } }, { [room]: 1 }]) {
    await assertRefused(alice.request("PUT", keysPath(version), { rooms }), 400, "M_BAD_JSON");
  }
  await assertRefused(alice.request("PUT", keysPath(version), {}), 400, "M_BAD_JSON");
  await assertRefused(alice.request("PUT", keysPath(version, room), { sessions: [] }), 400, "M_BAD_JSON");
  const sessions = { S: roomKey() };
  for (const name of ["no room", `!${"x".repeat(255)}`, "!\u0000", "", "@user:example.org"]) {
    await assertRefused(
      alice.request("PUT", keysPath(version), { rooms: { [name]: { sessions } } }),
      400,
      "M_INVALID_PARAM",
    );
  }
  for (const name of ["", "x".repeat(256), "\u0000"]) {
    await assertRefused(
      alice.request("PUT", keysPath(version, room), { sessions: { [name]: roomKey() } }),
      400,
      "M_INVALID_PARAM",
    );
  }
  assert.deepEqual(await stateOf(alice, version), before);
});

test("a session and a room may be called like a member of every object", async () => {
  const alice = await newUser();
  const version = await newBackup(alice);
  const text = JSON.stringify(roomKey());
  const sessions = `{"sessions":{"__proto__":${text},"constructor":${text}}}`;
  const stored = await alice.request("PUT", keysPath(version, "!__proto__"), sessions);
  assert.equal(stored.body.count, 2);
  const found = (await alice.get(keysPath(version, "!__proto__"))).body.sessions;
  assert.deepEqual(Object.keys(found), ["__proto__", "constructor"]);
});

test("B3: as many keys as a body may have are one transaction", async () => {
  const alice = await newUser();
  const version = await newBackup(alice);
  const count = 9000;
  const key = roomKey({ session_data: {} });
  const sessions = Object.fromEntries(Array.from({ length: count }, (_, n) => [`${n}`, key]));
  const put = () => alice.request("PUT", keysPath(version, room), { sessions });
  const { status, body } = await put();
  assert.deepEqual([status, body.count], [200, count]);
  assert.deepEqual((await put()).body, body);
  assert.equal(Object.keys((await alice.get(keysPath(version, room))).body.sessions).length, count);
  const removed = await alice.request("DELETE", keysPath(version, room));
  assert.equal(removed.body.count, 0);
  assert.deepEqual((await alice.get(keysPath(version))).body, { rooms: {} });
});
