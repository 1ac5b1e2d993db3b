import assert from "node:assert/strict";
import type { StoredCrossSigningKey } from "../../src/domain/cross-signing/cross-signing-key-store.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import type { CrossSigningUsage } from "../../src/protocol/keys/cross-signing-key.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, carol, userNamed } from "./owners.ts";

contract("crossSigningKeys", {
  "a user has at most one key per usage: the one that was put last": async (database) => {
    assert.deepEqual(await list(database, alice), []);
    const [master, selfSigning, userSigning] = [key("master"), key("self_signing"), key("user_signing")];
    await put(database, alice, key("master", "old"), master, selfSigning, userSigning);
    await put(database, bob, key("master", "bob's"));
    assert.deepEqual(await list(database, alice), [master, selfSigning, userSigning]);
    assert.deepEqual(await list(database, bob), [key("master", "bob's")]);
  },

  "the keys of the users asked for are listed with their served text": async (database) => {
    await put(database, alice, key("master"), key("self_signing"));
    await put(database, bob, key("user_signing"));
    await put(database, carol, key("master"));
    const listed = await rendered(database, bob, userNamed("unknown"), alice);
    assert.deepEqual(listed, [
      { userId: alice, usage: "master", rendered: "rendered key" },
      { userId: alice, usage: "self_signing", rendered: "rendered key" },
      { userId: bob, usage: "user_signing", rendered: "rendered key" },
    ]);
    assert.deepEqual(await rendered(database), []);
  },

  "the served text is put anew without touching the key, and only for a key that is there": async (database) => {
    await put(database, alice, key("master"), key("self_signing"));
    await database.unitOfWork.run("everything", async ({ crossSigningKeys }) => {
      await crossSigningKeys.putRendered(alice, "master", "anew");
      await crossSigningKeys.putRendered(alice, "user_signing", "anew");
      await crossSigningKeys.putRendered(bob, "master", "anew");
    });
    assert.deepEqual(await list(database, alice), [key("master"), key("self_signing")]);
    assert.deepEqual(
      (await rendered(database, alice, bob)).map((row) => [row.usage, row.rendered]),
      [
        ["master", "anew"],
        ["self_signing", "rendered key"],
      ],
    );
  },

  "a key is removed; the others stay": async (database) => {
    for (const user of [alice, bob]) await put(database, user, key("master"), key("self_signing"));
    await database.unitOfWork.run("everything", async ({ crossSigningKeys }) => {
      await crossSigningKeys.remove(alice, "master");
      await crossSigningKeys.remove(alice, "user_signing");
    });
    assert.deepEqual(await list(database, alice), [key("self_signing")]);
    assert.deepEqual(await list(database, bob), [key("master"), key("self_signing")]);
    assert.equal((await rendered(database, alice)).length, 1);
  },

  "a unit that fails leaves the keys as they were": async (database) => {
    const { unitOfWork } = database;
    await put(database, alice, key("master"));
    await runAndFail(unitOfWork, ({ crossSigningKeys }) => crossSigningKeys.put(alice, key("master", "new"), "new"));
    await runAndFail(unitOfWork, ({ crossSigningKeys }) => crossSigningKeys.put(bob, key("master", "new"), "new"));
    await runAndFail(unitOfWork, ({ crossSigningKeys }) => crossSigningKeys.putRendered(alice, "master", "new"));
    await runAndFail(unitOfWork, ({ crossSigningKeys }) => crossSigningKeys.remove(alice, "master"));
    assert.deepEqual(await list(database, alice), [key("master")]);
    assert.deepEqual(await rendered(database, alice, bob), [
      { userId: alice, usage: "master", rendered: "rendered key" },
    ]);
  },

  "users, public keys and texts may be any text": async (database) => {
    for (const text of oddTexts) await put(database, userNamed(text), key("master", text));
    for (const text of oddTexts) assert.deepEqual(await list(database, userNamed(text)), [key("master", text)]);
    const listed = await rendered(database, ...oddTexts.map(userNamed));
    const byUser = new Map(listed.map((row) => [row.userId, row.rendered]));
    for (const text of oddTexts) assert.equal(byUser.get(userNamed(text)), `rendered ${text}`);
  },
});

function key(usage: CrossSigningUsage, publicKey = "key"): StoredCrossSigningKey {
  return { usage, publicKey, json: JSON.stringify({ keys: { [`ed25519:${publicKey}`]: publicKey } }) };
}

function put({ unitOfWork }: TestDatabase, userId: UserId, ...keys: StoredCrossSigningKey[]): Promise<void> {
  return unitOfWork.run("everything", async ({ crossSigningKeys }) => {
    for (const each of keys) await crossSigningKeys.put(userId, each, `rendered ${each.publicKey}`);
  });
}

async function list({ snapshots }: TestDatabase, userId: UserId): Promise<StoredCrossSigningKey[]> {
  const keys = await snapshots.read(({ crossSigningKeys }) => crossSigningKeys.listKeys(userId));
  return keys.toSorted((one, other) => (one.usage < other.usage ? -1 : 1));
}

async function rendered({ snapshots }: TestDatabase, ...userIds: UserId[]) {
  const rows = await snapshots.read(({ crossSigningKeys }) => crossSigningKeys.listRendered(userIds));
  return rows.toSorted((one, other) => (one.userId + one.usage < other.userId + other.usage ? -1 : 1));
}
