import assert from "node:assert/strict";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, noon, userNamed } from "./owners.ts";

contract("accounts", {
  "an account is there once it is added": async (database) => {
    assert.equal(await has(database, alice), false);
    assert.equal(await add(database, alice), true);
    assert.equal(await has(database, alice), true);
    assert.equal(await has(database, bob), false);
    assert.equal(await has(database, userNamed("ALICE")), false);
  },

  "a taken name is refused, and the account that has it stays as it is": async (database) => {
    assert.equal(await add(database, alice, "first"), true);
    assert.equal(await add(database, alice, "second"), false);
    assert.equal(await passwordHash(database, alice), "first");
  },

  "of many who add one name at once exactly one does": async (database) => {
    const hashes = Array.from({ length: 10 }, (_, index) => `hash ${index}`);
    const added = await Promise.all(hashes.map((hash) => add(database, alice, hash)));
    assert.deepEqual(added.filter(Boolean), [true]);
    assert.equal(await passwordHash(database, alice), hashes[added.indexOf(true)]);
  },

  "the name of a deactivated account stays taken": async (database) => {
    await add(database, alice);
    await database.unitOfWork.run("everything", async ({ accounts }) => {
      await accounts.deactivate(alice, noon);
      await accounts.deactivate(bob, noon);
    });
    assert.equal(await has(database, alice), true);
    assert.equal(await add(database, alice), false);
    assert.equal(await add(database, bob), true);
  },

  "an account is active until it is deactivated, and no other with it": async (database) => {
    assert.equal(await isActive(database, alice), false);
    await add(database, alice);
    await add(database, bob);
    assert.equal(await isActive(database, alice), true);
    await database.unitOfWork.run("everything", ({ accounts }) => accounts.deactivate(alice, noon));
    assert.equal(await isActive(database, alice), false);
    assert.equal(await isActive(database, bob), true);
  },

  "an account may have no password": async (database) => {
    await database.unitOfWork.run("everything", ({ accounts }) =>
      accounts.add({ ...account(alice), passwordHash: undefined }),
    );
    assert.equal(await has(database, alice), true);
    assert.equal(await isActive(database, alice), true);
    assert.equal(await passwordHash(database, alice), undefined);
  },

  "a unit that fails takes no name": async (database) => {
    await runAndFail(database.unitOfWork, ({ accounts }) => accounts.add(account(alice)));
    assert.equal(await has(database, alice), false);
    assert.equal(await add(database, alice), true);
  },

  "users and password hashes may be any text": async (database) => {
    for (const text of oddTexts) assert.equal(await add(database, userNamed(text), text), true);
    for (const text of oddTexts) {
      assert.equal(await has(database, userNamed(text)), true);
      assert.equal(await passwordHash(database, userNamed(text)), text);
    }
  },
});

function account(userId: UserId, hash = "hash") {
  return { userId, passwordHash: hash, isAdmin: false, createdAt: noon };
}

function add({ unitOfWork }: TestDatabase, userId: UserId, hash?: string): Promise<boolean> {
  return unitOfWork.run("everything", ({ accounts }) => accounts.add(account(userId, hash)));
}

function has({ snapshots }: TestDatabase, userId: UserId): Promise<boolean> {
  return snapshots.read(({ accounts }) => accounts.hasAccount(userId));
}

function isActive({ snapshots }: TestDatabase, userId: UserId): Promise<boolean> {
  return snapshots.read(({ accounts }) => accounts.hasActiveAccount(userId));
}

function passwordHash({ snapshots }: TestDatabase, userId: UserId): Promise<string | undefined> {
  return snapshots.read(({ credentials }) => credentials.findPasswordHash(userId));
}
