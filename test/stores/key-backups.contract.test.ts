import assert from "node:assert/strict";
import type { BackedUpKey, KeySet, KeyUpload } from "../../src/domain/key-backup/key-backup-store.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, noon, phone } from "./owners.ts";

const upload: KeyUpload = { deviceId: phone.deviceId, at: noon };
const room = "!room" as RoomId;
const otherRoom = "!other" as RoomId;

contract("keyBackups", {
  "a backup is found by its version, and the newest by none": async (database) => {
    assert.equal(await newest(database), undefined);
    await add(database, alice, 1, { authData: '{ "a": "\\u00e9" }' });
    await add(database, alice, 7);
    await add(database, bob, 2);
    const found = await find(database, alice, 1);
    assert.deepEqual([found?.version, found?.algorithm, found?.etag, found?.count], [1, "A", "etag 1", 0]);
    assert.equal(found?.authData, '{ "a": "\\u00e9" }');
    assert.equal(await find(database, alice, 2), undefined);
    assert.equal((await newest(database))?.version, 7);
    assert.deepEqual(await counts(database, alice), { backups: 2, keys: 0, last: 7 });
    assert.deepEqual(await counts(database, bob), { backups: 1, keys: 0, last: 2 });
  },

  "the last version stays known when its backup is removed, and removing says whether it was there": async (
    database,
  ) => {
    await add(database, alice, 1);
    await add(database, alice, 2);
    assert.equal(await change(database, (stores) => stores.removeBackup(alice, 2)), true);
    assert.equal(await change(database, (stores) => stores.removeBackup(alice, 2)), false);
    assert.equal(await change(database, (stores) => stores.removeBackup(bob, 1)), false);
    assert.equal((await newest(database))?.version, 1);
    assert.deepEqual(await counts(database, alice), { backups: 1, keys: 0, last: 2 });
  },

  "auth data and state are put apart": async (database) => {
    await add(database, alice, 1);
    await add(database, alice, 2);
    await change(database, (stores) => stores.putAuthData(alice, 1, '{"new":1}'));
    await change(database, (stores) => stores.putState(alice, 1, { count: 5, etag: "E" }));
    const [first, second] = [await find(database, alice, 1), await find(database, alice, 2)];
    assert.deepEqual([first?.authData, first?.count, first?.etag], ['{"new":1}', 5, "E"]);
    assert.deepEqual([second?.authData, second?.count, second?.etag], ["{}", 0, "etag 2"]);
    assert.equal((await counts(database, alice)).keys, 5);
  },

  "keys are stored and replaced whole; ranks are told in the order asked for": async (database) => {
    const keys = await add(database, alice, 1);
    const other = await add(database, alice, 2);
    const bobs = await add(database, bob, 1);
    const long = key(room, "B", { firstMessageIndex: 2 ** 53 - 1, forwardedCount: 2 ** 40, isVerified: true });
    await put(database, keys, [key(room, "A"), long, key(otherRoom, "A")]);
    await put(database, keys, [key(room, "A", { firstMessageIndex: 0, sessionData: '{"new":1}' })]);
    const asked = [named(room, "B"), named(room, "none"), named(otherRoom, "A"), named(room, "A")];
    const ranks = await database.snapshots.read((stores) => stores.keyBackups.listRanks(keys, asked));
    assert.deepEqual(
      ranks.map((rank) => rank?.firstMessageIndex),
      [2 ** 53 - 1, undefined, 3, 0],
    );
    assert.deepEqual(
      await findKey(database, keys, "A"),
      key(room, "A", { firstMessageIndex: 0, sessionData: '{"new":1}' }),
    );
    assert.deepEqual(await findKey(database, keys, "B"), long);
    assert.equal(await findKey(database, keys, "none"), undefined);
    for (const empty of [other, bobs]) assert.deepEqual(await list(database, empty), []);
  },

  "a thousand keys at once": async (database) => {
    const keys = await add(database, alice, 1);
    const added = Array.from({ length: 1200 }, (_, n) => key(room, `S${n}`, { firstMessageIndex: n }));
    await put(database, keys, added);
    const ranks = await database.snapshots.read((stores) => stores.keyBackups.listRanks(keys, added));
    assert.deepEqual(
      ranks.map((rank) => rank?.firstMessageIndex),
      added.map((_, n) => n),
    );
    assert.equal((await list(database, keys, undefined, 2000)).length, 1200);
  },

  "keys are listed page by page, by room and session": async (database) => {
    const keys = await add(database, alice, 1);
    const names = ["!a A", "!a B", "!a a", "!b A", "!b é", "!c A"];
    const added = names.map((name) => key(...(name.split(" ") as [RoomId, string])));
    await put(database, keys, added.toReversed());
    assert.deepEqual(await list(database, keys), added);
    assert.deepEqual(await list(database, keys, undefined, 2), added.slice(0, 2));
    assert.deepEqual(await list(database, keys, added[1], 3), added.slice(2, 5));
    assert.deepEqual(await list(database, keys, named("!b" as RoomId, "")), added.slice(3));
    assert.deepEqual(await list(database, keys, added[5]), []);
    const ofRoom = (after: string | undefined, limit: number) =>
      database.snapshots.read((stores) => stores.keyBackups.listKeysOfRoom(keys, "!a" as RoomId, after, limit));
    assert.deepEqual(await ofRoom(undefined, 2), added.slice(0, 2));
    assert.deepEqual(await ofRoom("B", 10), added.slice(2, 3));
  },

  "one key, and those of a room, are removed": async (database) => {
    const keys = await add(database, alice, 1);
    const other = await add(database, alice, 2);
    const added = ["A", "B", "C", "D"].map((sessionId) => key(room, sessionId));
    await put(database, keys, [...added, key(otherRoom, "A")]);
    await put(database, other, [key(room, "A")]);
    const removeKey = () => change(database, (stores) => stores.removeKey(keys, named(room, "B")));
    assert.deepEqual([await removeKey(), await removeKey()], [true, false]);
    const removeRoom = () => change(database, (stores) => stores.removeKeysOfRoom(keys, room, 2));
    assert.deepEqual([await removeRoom(), await removeRoom(), await removeRoom()], [2, 1, 0]);
    assert.deepEqual(await list(database, keys), [key(otherRoom, "A")]);
    assert.deepEqual(await list(database, other), [key(room, "A")]);
  },

  "with all keys removed a backup has an empty set, and the old rows go in portions": async (database) => {
    const keys = await add(database, alice, 1);
    const added = ["A", "B", "C", "D", "E"].map((sessionId) => key(room, sessionId));
    await put(database, keys, added);
    await change(database, (stores) => stores.removeAllKeys(alice, 1));
    const backup = await find(database, alice, 1);
    assert.ok(backup);
    assert.equal(backup.count, 0);
    assert.deepEqual(await list(database, backup.keys), []);
    await put(database, backup.keys, [key(room, "A")]);
    const forget = () => change(database, (stores) => stores.removeDeletedKeys(2));
    assert.deepEqual([await forget(), await forget(), await forget(), await forget()], [true, true, true, false]);
    assert.deepEqual(await list(database, keys), []);
    assert.deepEqual(await list(database, backup.keys), [key(room, "A")]);
  },

  "a removed backup's keys go, and no later backup has them": async (database) => {
    const first = await add(database, alice, 1);
    const second = await add(database, alice, 2);
    const bobs = await add(database, bob, 1);
    for (const keys of [first, second, bobs]) await put(database, keys, [key(room, "A")]);
    await change(database, (stores) => stores.removeBackup(alice, 2));
    assert.deepEqual(await list(database, await add(database, alice, 3)), []);
    while (await change(database, (stores) => stores.removeDeletedKeys(10)));
    assert.deepEqual(await list(database, second), []);
    for (const keys of [first, bobs]) assert.equal((await list(database, keys)).length, 1);
  },

  "everything of a user is removed": async (database) => {
    const sets = [await add(database, alice, 1), await add(database, alice, 2)];
    const bobs = await add(database, bob, 1);
    for (const keys of [...sets, bobs]) await put(database, keys, [key(room, "A")]);
    await change(database, (stores) => stores.removeAll(alice));
    assert.deepEqual(await counts(database, alice), { backups: 0, keys: 0, last: 0 });
    while (await change(database, (stores) => stores.removeDeletedKeys(10)));
    for (const keys of sets) assert.deepEqual(await list(database, keys), []);
    assert.equal((await list(database, bobs)).length, 1);
    assert.equal((await counts(database, bob)).backups, 1);
  },

  "a unit that fails leaves backups and keys as they were": async (database) => {
    const keys = await add(database, alice, 1);
    await put(database, keys, [key(room, "A")]);
    await runAndFail(database.unitOfWork, ({ keyBackups }) => keyBackups.putKeys(keys, [key(room, "B")], upload));
    await runAndFail(database.unitOfWork, ({ keyBackups }) => keyBackups.removeBackup(alice, 1));
    await runAndFail(database.unitOfWork, ({ keyBackups }) => keyBackups.removeAll(alice));
    assert.equal(await change(database, (stores) => stores.removeDeletedKeys(10)), false);
    assert.deepEqual(await list(database, keys), [key(room, "A")]);
    assert.deepEqual(await counts(database, alice), { backups: 1, keys: 0, last: 1 });
  },

  "rooms and sessions may be any text": async (database) => {
    const keys = await add(database, alice, 1);
    const added = oddTexts.flatMap((text) => [key(`!${text}` as RoomId, text), key(room, text)]);
    await put(database, keys, added);
    for (const { roomId, sessionId, ...rest } of added) {
      const found = await database.snapshots.read(({ keyBackups }) => keyBackups.findKey(keys, { roomId, sessionId }));
      assert.deepEqual(found, { roomId, sessionId, ...rest });
    }
    const listed: BackedUpKey[] = [];
    for (let page = await list(database, keys, undefined, 7); page.length > 0; ) {
      listed.push(...page);
      page = await list(database, keys, page.at(-1), 7);
    }
    assert.deepEqual(new Set(listed.map(name)), new Set(added.map(name)));
    assert.equal(listed.length, added.length);
  },
});

const name = ({ roomId, sessionId }: BackedUpKey) => `${roomId}\0${sessionId}`;

function named(roomId: RoomId, sessionId: string) {
  return { roomId, sessionId };
}

function key(roomId: RoomId, sessionId: string, so: Partial<BackedUpKey> = {}): BackedUpKey {
  return { roomId, sessionId, isVerified: false, firstMessageIndex: 3, forwardedCount: 0, sessionData: "{}", ...so };
}

type KeyBackups = Parameters<Parameters<TestDatabase["unitOfWork"]["run"]>[1]>[0]["keyBackups"];

function change<T>({ unitOfWork }: TestDatabase, work: (keyBackups: KeyBackups) => Promise<T>): Promise<T> {
  return unitOfWork.run({ exclusive: [alice, bob] }, ({ keyBackups }) => work(keyBackups));
}

/** Gives the set of its keys. */
async function add(
  database: TestDatabase,
  userId: UserId,
  version: number,
  so: { authData?: string } = {},
): Promise<KeySet> {
  const backup = { version, algorithm: "A", authData: "{}", etag: `etag ${version}`, ...so };
  await change(database, (stores) => stores.addBackup(userId, backup));
  return (await find(database, userId, version))?.keys ?? assert.fail();
}

function find({ snapshots }: TestDatabase, userId: UserId, version: number) {
  return snapshots.read(({ keyBackups }) => keyBackups.findBackup(userId, version));
}

function newest({ snapshots }: TestDatabase) {
  return snapshots.read(({ keyBackups }) => keyBackups.findNewest(alice));
}

function counts({ snapshots }: TestDatabase, userId: UserId) {
  return snapshots.read(async ({ keyBackups }) => ({
    backups: await keyBackups.countBackups(userId),
    keys: await keyBackups.countKeys(userId),
    last: await keyBackups.findLastVersion(userId),
  }));
}

function put(database: TestDatabase, keys: KeySet, added: readonly BackedUpKey[]): Promise<void> {
  return change(database, (stores) => stores.putKeys(keys, added, upload));
}

function findKey({ snapshots }: TestDatabase, keys: KeySet, sessionId: string) {
  return snapshots.read(({ keyBackups }) => keyBackups.findKey(keys, named(room, sessionId)));
}

function list({ snapshots }: TestDatabase, keys: KeySet, after?: { roomId: RoomId; sessionId: string }, limit = 100) {
  return snapshots.read(({ keyBackups }) => keyBackups.listKeys(keys, after, limit));
}
