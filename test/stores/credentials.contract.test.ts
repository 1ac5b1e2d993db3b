import assert from "node:assert/strict";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, noon, userNamed } from "./owners.ts";

contract("credentials", {
  "a password is what was put last; an unknown user has none": async (database) => {
    assert.equal(await find(database, alice), undefined);
    await register(database, alice, bob);
    assert.equal(await find(database, alice), "first");
    await database.unitOfWork.run("everything", ({ credentials }) => credentials.putPasswordHash(alice, "second"));
    assert.equal(await find(database, alice), "second");
    assert.equal(await find(database, bob), "first");
  },

  "a removed password is gone, and a new one may be put": async (database) => {
    await register(database, alice, bob);
    await database.unitOfWork.run("everything", async ({ credentials }) => {
      await credentials.removePasswordHash(alice);
      await credentials.removePasswordHash(alice);
      assert.equal(await credentials.findPasswordHash(alice), undefined);
    });
    assert.equal(await find(database, alice), undefined);
    assert.equal(await find(database, bob), "first");
    await database.unitOfWork.run("everything", ({ credentials }) => credentials.putPasswordHash(alice, "anew"));
    assert.equal(await find(database, alice), "anew");
  },

  "a unit that fails leaves the password as it was": async (database) => {
    const { unitOfWork } = database;
    await register(database, alice);
    await runAndFail(unitOfWork, ({ credentials }) => credentials.putPasswordHash(alice, "never"));
    await runAndFail(unitOfWork, ({ credentials }) => credentials.removePasswordHash(alice));
    assert.equal(await find(database, alice), "first");
  },

  "users and passwords may be any text": async (database) => {
    await register(database, ...oddTexts.map(userNamed));
    await database.unitOfWork.run("everything", async ({ credentials }) => {
      for (const text of oddTexts) await credentials.putPasswordHash(userNamed(text), text);
    });
    for (const text of oddTexts) assert.equal(await find(database, userNamed(text)), text);
  },
});

function register({ unitOfWork }: TestDatabase, ...users: UserId[]): Promise<void> {
  return unitOfWork.run("everything", async ({ accounts }) => {
    for (const userId of users) await accounts.add({ userId, passwordHash: "first", isAdmin: false, createdAt: noon });
  });
}

function find({ snapshots }: TestDatabase, userId: UserId): Promise<string | undefined> {
  return snapshots.read(({ credentials }) => credentials.findPasswordHash(userId));
}
