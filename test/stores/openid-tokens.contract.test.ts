import assert from "node:assert/strict";
import { contract, runAndFail } from "./contract.ts";
import { digestOf } from "./digests.ts";
import type { TestDatabase } from "./engines.ts";
import { alice, bob, noon } from "./owners.ts";

contract("openidTokens", {
  "a token tells its user until it expires": async (database) => {
    await add(database, "a", alice, noon);
    await add(database, "b", bob, noon + 10);
    assert.equal(await find(database, "a", noon - 1), alice);
    assert.equal(await find(database, "a", noon), undefined);
    assert.equal(await find(database, "b", noon), bob);
    assert.equal(await find(database, "c", 0), undefined);
  },

  "a user may have several": async (database) => {
    await add(database, "a", alice, noon);
    await add(database, "b", alice, noon);
    assert.deepEqual([await find(database, "a", 0), await find(database, "b", 0)], [alice, alice]);
  },

  "the expired are forgotten, and no others": async (database) => {
    await add(database, "a", alice, noon);
    await add(database, "b", alice, noon + 1);
    await database.unitOfWork.run("everything", ({ openidTokens }) => openidTokens.forgetExpired(noon));
    assert.deepEqual([await find(database, "a", 0), await find(database, "b", 0)], [undefined, alice]);
  },

  "a unit that fails adds and forgets nothing": async (database) => {
    await add(database, "a", alice, noon);
    await runAndFail(database.unitOfWork, async ({ openidTokens }) => {
      await openidTokens.add(digestOf("b"), alice, noon);
      await openidTokens.forgetExpired(noon);
    });
    assert.deepEqual([await find(database, "a", 0), await find(database, "b", 0)], [alice, undefined]);
  },
});

function add({ unitOfWork }: TestDatabase, token: string, user: typeof alice, expiresAt: number): Promise<void> {
  return unitOfWork.run("everything", ({ openidTokens }) => openidTokens.add(digestOf(token), user, expiresAt));
}

function find({ snapshots }: TestDatabase, token: string, now: number) {
  return snapshots.read(({ openidTokens }) => openidTokens.findUser(digestOf(token), now));
}
