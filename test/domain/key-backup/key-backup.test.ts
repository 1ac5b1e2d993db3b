import assert from "node:assert/strict";
import { test } from "node:test";
import { deactivateAccount } from "../../../src/domain/accounts/deactivate-account.ts";
import { logout } from "../../../src/domain/accounts/logout.ts";
import { createBackup } from "../../../src/domain/key-backup/create-backup.ts";
import { deleteBackup } from "../../../src/domain/key-backup/delete-backup.ts";
import { deleteAllRoomKeys, deleteKeysOfRoom } from "../../../src/domain/key-backup/delete-room-keys.ts";
import { forgetDeletedKeys } from "../../../src/domain/key-backup/forget-deleted-keys.ts";
import { getBackup } from "../../../src/domain/key-backup/get-backup.ts";
import { readRoomKeys } from "../../../src/domain/key-backup/read-room-keys.ts";
import { storeRoomKeys } from "../../../src/domain/key-backup/store-room-keys.ts";
import type { RoomId } from "../../../src/protocol/identifiers/room-id.ts";
import { attempt, openHouse, passwordLogin } from "../open-house.ts";
import { refusal } from "../refusal.ts";
import { algorithm, allKeys, given, houseWithBackup, room } from "./backed-up-house.ts";

const many = (count: number, roomId = room) => Array.from({ length: count }, (_, n) => given(roomId, `S${n}`));

test("with each key it is kept who uploaded it, and when", async (t) => {
  const house = await openHouse(t);
  const { requester, version } = await houseWithBackup(house);
  await storeRoomKeys(house, requester, { version, keys: [given(room, "A")] });
  const uploaded = house.clock.now();
  house.clock.advance(1000);
  const better = given(room, "B", { isVerified: true, firstMessageIndex: 0, forwardedCount: 0 });
  await storeRoomKeys(house, requester, { version, keys: [given(room, "A"), better] });
  const rows = (await house.rows("backed_up_keys")) as { session_id: string; device_id: string; uploaded_at: number }[];
  assert.deepEqual(
    rows.map(({ session_id, device_id, uploaded_at }) => [session_id, device_id, uploaded_at]),
    [
      ["A", "PHONE", uploaded],
      ["B", "PHONE", uploaded + 1000],
    ],
  );
});

test("E5: after a restore no version and no etag is given that may have been given before", async (t) => {
  const house = await openHouse(t);
  const { requester, version } = await houseWithBackup(house);
  assert.equal(version, "1");
  const before = await getBackup(house, requester, version);
  await house.unitOfWork.run("everything", ({ stream }) => stream.beginEpoch());
  const next = await createBackup(house, requester, { algorithm, authData: {} });
  assert.equal(next, "1000001");
  assert.equal(await createBackup(house, requester, { algorithm, authData: {} }), "1000002");
  const { requester: bob } = await houseWithBackup(house, "bob");
  assert.equal((await getBackup(house, bob, "1000001")).version, 1_000_001);
  assert.equal((await getBackup(house, requester, version)).etag, before.etag);
  // The restore has undone it, if it ever was.
  await deleteBackup(house, requester, "77");
});

test("B5: the rows of deleted keys are removed, and no others", async (t) => {
  const house = await openHouse(t);
  const { requester, version } = await houseWithBackup(house);
  await storeRoomKeys(house, requester, { version, keys: many(1200) });
  const emptied = await deleteAllRoomKeys(house, requester, version);
  assert.equal(emptied.count, 0);
  await storeRoomKeys(house, requester, { version, keys: many(3) });
  const second = await createBackup(house, requester, { algorithm, authData: {} });
  await storeRoomKeys(house, requester, { version: second, keys: many(700) });
  await deleteBackup(house, requester, second);
  assert.equal((await allKeys(house, requester, version)).length, 3, "what is deleted is not given any more");
  assert.equal((await house.rows("backed_up_keys")).length, 1903);
  await forgetDeletedKeys(house);
  assert.equal((await house.rows("backed_up_keys")).length, 3);
  assert.deepEqual(await house.rows("deleted_key_sets"), []);
  assert.equal((await allKeys(house, requester, version)).length, 3);
});

test("a room of many keys is emptied, and the others stay", async (t) => {
  const house = await openHouse(t);
  const { requester, version } = await houseWithBackup(house);
  await storeRoomKeys(house, requester, { version, keys: many(1001) });
  await storeRoomKeys(house, requester, { version, keys: many(5, "!other:example.org") });
  const { count } = await deleteKeysOfRoom(house, requester, { version, roomId: room });
  assert.equal(count, 5);
  assert.equal((await allKeys(house, requester, version)).length, 5);
});

test("B4: pages of any length are read to their end, each key once", async (t) => {
  const house = await openHouse(t);
  const { requester, version } = await houseWithBackup(house);
  for (let count = 0; count <= 260; count = count === 0 ? 63 : count + 1) {
    await deleteAllRoomKeys(house, requester, version);
    await storeRoomKeys(house, requester, { version, keys: [...many(count), ...many(5, "!b")] });
    const found = await allKeys(house, requester, version);
    assert.equal(new Set(found.map(({ roomId, sessionId }) => `${roomId} ${sessionId}`)).size, count + 5);
    assert.equal(found.length, count + 5);
    const ofRoom: unknown[] = [];
    for await (const page of await readRoomKeys(house, requester, { version, roomId: room })) ofRoom.push(...page);
    assert.equal(ofRoom.length, count);
    if (count === 66) count = 126;
    if (count === 130) count = 254;
  }
});

test("B4: what is stored and deleted between two pages confuses no page", async (t) => {
  const house = await openHouse(t);
  const { requester, version } = await houseWithBackup(house);
  await storeRoomKeys(house, requester, { version, keys: many(300) });
  const found = new Set<string>();
  let pages = 0;
  for await (const page of await readRoomKeys(house, requester, { version })) {
    for (const { sessionId } of page) {
      assert.ok(!found.has(sessionId));
      found.add(sessionId);
    }
    await storeRoomKeys(house, requester, { version, keys: [given(room, `A${pages}`), given(room, `X${pages}`)] });
    pages++;
  }
  for (const { sessionId } of many(300)) assert.ok(found.has(sessionId));
  assert.ok(!found.has("A0"), "it was stored before the place that is read");
});

test("B5: everything goes with the account", async (t) => {
  const house = await openHouse(t);
  const { requester, version } = await houseWithBackup(house);
  await storeRoomKeys(house, requester, { version, keys: many(5) });
  await deactivateAccount(house, requester, attempt(requester.userId, { auth: passwordLogin("alice") }));
  assert.deepEqual([await house.rows("key_backups"), await house.rows("key_backup_numbers")], [[], []]);
  await forgetDeletedKeys(house);
  assert.deepEqual([await house.rows("backed_up_keys"), await house.rows("deleted_key_sets")], [[], []]);
});

test("an appservice without a device uploads keys, unless its user is deactivated", async (t) => {
  const house = await openHouse(t);
  const { requester, version } = await houseWithBackup(house);
  const appservice = { ...requester, deviceId: undefined, appserviceId: "bridge" };
  const answer = await storeRoomKeys(house, appservice, { version, keys: many(2) });
  assert.equal(answer.count, 2);
  const rows = (await house.rows("backed_up_keys")) as { device_id: string | null }[];
  assert.deepEqual(new Set(rows.map(({ device_id }) => device_id)), new Set([null]));
  await deactivateAccount(house, requester, attempt(requester.userId, { auth: passwordLogin("alice") }));
  const late = createBackup(house, appservice, { algorithm, authData: {} });
  assert.equal((await refusal(late)).errcode, "M_FORBIDDEN");
  assert.deepEqual(await house.rows("key_backups"), []);
});

test("S4: a device that is logged out before its request commits changes nothing", async (t) => {
  const house = await openHouse(t);
  const { requester, version } = await houseWithBackup(house);
  await storeRoomKeys(house, requester, { version, keys: many(2) });
  await logout(house, requester);
  const requests = [
    () => createBackup(house, requester, { algorithm, authData: {} }),
    () => storeRoomKeys(house, requester, { version, keys: many(5) }),
    () => deleteAllRoomKeys(house, requester, version),
    () => deleteBackup(house, requester, version),
  ];
  for (const request of requests) assert.equal((await refusal(request())).errcode, "M_UNKNOWN_TOKEN");
  assert.equal((await getBackup(house, requester, version)).count, 2);
});

test("a user has a million keys and a thousand backups at most", async (t) => {
  const house = await openHouse(t);
  const { requester, version } = await houseWithBackup(house);
  const { userId } = requester;
  await storeRoomKeys(house, requester, { version, keys: many(1) });
  const second = await createBackup(house, requester, { algorithm, authData: {} });
  await house.unitOfWork.run({ exclusive: [userId] }, ({ keyBackups }) =>
    keyBackups.putState(userId, Number(version), { count: 999_999, etag: "E" }),
  );
  const store = (count: number) => storeRoomKeys(house, requester, { version: second, keys: many(count) });
  assert.equal((await refusal(store(2))).errcode, "M_TOO_LARGE");
  assert.equal((await store(1)).count, 1);
  assert.equal((await refusal(store(2))).errcode, "M_TOO_LARGE");
  const better = given(room, "S0", { isVerified: true, firstMessageIndex: 0, forwardedCount: 0 });
  assert.equal((await storeRoomKeys(house, requester, { version: second, keys: [better] })).count, 1);

  await house.unitOfWork.run({ exclusive: [userId] }, async ({ keyBackups }) => {
    for (let number = 3; number <= 1000; number++) {
      await keyBackups.addBackup(userId, { version: number, algorithm, authData: "{}", etag: "E" });
    }
  });
  const create = () => createBackup(house, requester, { algorithm, authData: {} });
  assert.equal((await refusal(create())).errcode, "M_TOO_LARGE");
  await deleteBackup(house, requester, "500");
  assert.equal(await create(), "1001");
});

test("B3: an upload of many keys lets others work meanwhile, and is one transaction all the same", async (t) => {
  const house = await openHouse(t);
  const { requester, version } = await houseWithBackup(house);
  const failure = new Error("a unit that fails at its end");
  let turns = 0;
  const count = () => {
    turns++;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  t.after(() => clearImmediate(next));
  // Time passes whenever somebody looks at the clock.
  house.clock.monotonic = () => house.clock.time++;
  const backup = await getBackup(house, requester, version);
  const uploading = house.unitOfWork.run({ exclusive: [requester.userId] }, async ({ keyBackups }) => {
    const keys = many(500).map(({ sessionId }) => ({
      ...{ roomId: room as RoomId, sessionId, sessionData: "{}" },
      ...{ isVerified: true, firstMessageIndex: 0, forwardedCount: 0 },
    }));
    const begun = turns;
    await keyBackups.putKeys(backup.keys, keys, { deviceId: undefined, at: 0 });
    assert.ok(turns > begun + 10, `${turns - begun} turns`);
    throw failure;
  });
  await assert.rejects(uploading, failure);
  assert.deepEqual(await house.rows("backed_up_keys"), []);
});
