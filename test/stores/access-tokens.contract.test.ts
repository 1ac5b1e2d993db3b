import assert from "node:assert/strict";
import type { NewAccessToken } from "../../src/domain/authentication/access-token-store.ts";
import { contract, runAndFail } from "./contract.ts";
import { digestOf } from "./digests.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bobsPhone, deviceOf, laptop, noon, phone, userNamed } from "./owners.ts";

contract("accessTokens", {
  "a token is found by its digest, with all that was added": async (database) => {
    await add(database, lasting("A"), refreshable("B", laptop));
    assert.deepEqual(await find(database, "A"), { ...phone, expiresAt: undefined, predecessor: undefined });
    const { expiresAt, predecessor } = refreshable("B");
    assert.deepEqual(await find(database, "B"), { ...laptop, expiresAt, predecessor });
    assert.equal(await find(database, "unknown"), undefined);
  },

  "the refresh token that was issued with a token is told": async (database) => {
    await add(database, lasting("A"), refreshable("B"));
    assert.equal(await refreshDigest(database, "A"), undefined);
    assert.deepEqual(await refreshDigest(database, "B"), digestOf("refresh B"));
    assert.equal(await refreshDigest(database, "unknown"), undefined);
  },

  "the tokens that were issued with some refresh tokens are removed, of this device alone": async (database) => {
    await add(database, lasting("A"), refreshable("B"), refreshable("C"), refreshable("D"));
    const removeIssuedWith = (owner: typeof phone, ...names: string[]) =>
      database.unitOfWork.run("everything", ({ accessTokens }) =>
        accessTokens.removeIssuedWith(
          owner,
          names.map((name) => digestOf(`refresh ${name}`)),
        ),
      );
    await removeIssuedWith(laptop, "B");
    await removeIssuedWith(bobsPhone, "B");
    await removeIssuedWith(phone);
    assert.deepEqual(await found(database, "A", "B", "C", "D"), ["A", "B", "C", "D"]);
    await removeIssuedWith(phone, "B", "C", "unknown");
    assert.deepEqual(await found(database, "A", "B", "C", "D"), ["A", "D"]);
  },

  "the predecessor of the token that was issued with a refresh token is forgotten": async (database) => {
    await add(database, refreshable("A"), refreshable("B"));
    await database.unitOfWork.run("everything", async ({ accessTokens }) => {
      await accessTokens.forgetPredecessor(phone, digestOf("refresh A"));
      await accessTokens.forgetPredecessor(laptop, digestOf("refresh B"));
    });
    assert.equal((await find(database, "A"))?.predecessor, undefined);
    assert.deepEqual(await refreshDigest(database, "A"), digestOf("refresh A"));
    assert.deepEqual((await find(database, "B"))?.predecessor, digestOf("predecessor of B"));
  },

  "S4: a device's tokens are removed; other devices keep theirs": async (database) => {
    await add(database, lasting("A"), refreshable("B"), lasting("C", laptop), lasting("D", bobsPhone));
    await database.unitOfWork.run("everything", ({ accessTokens }) => accessTokens.removeOfDevice(phone));
    assert.deepEqual(await found(database, "A", "B", "C", "D"), ["C", "D"]);
  },

  "a unit that fails leaves the tokens as they were": async (database) => {
    const { unitOfWork } = database;
    await add(database, refreshable("A"));
    await runAndFail(unitOfWork, ({ accessTokens }) => accessTokens.add(lasting("B")));
    await runAndFail(unitOfWork, ({ accessTokens }) => accessTokens.removeOfDevice(phone));
    await runAndFail(unitOfWork, ({ accessTokens }) => accessTokens.removeIssuedWith(phone, [digestOf("refresh A")]));
    await runAndFail(unitOfWork, ({ accessTokens }) => accessTokens.forgetPredecessor(phone, digestOf("refresh A")));
    assert.equal(await find(database, "B"), undefined);
    assert.deepEqual((await find(database, "A"))?.predecessor, digestOf("predecessor of A"));
  },

  "owners may be any text": async (database) => {
    for (const text of oddTexts) {
      await add(database, lasting(`d ${text}`, deviceOf(alice, text)));
      await add(database, lasting(`u ${text}`, deviceOf(userNamed(text), "PHONE")));
    }
    for (const text of oddTexts) {
      assert.equal((await find(database, `d ${text}`))?.deviceId, text);
      assert.equal((await find(database, `u ${text}`))?.userId, userNamed(text));
    }
    const names = oddTexts.map((text) => `d ${text}`);
    const [first = ""] = oddTexts;
    await database.unitOfWork.run("everything", ({ accessTokens }) =>
      accessTokens.removeOfDevice(deviceOf(alice, first)),
    );
    assert.deepEqual(await found(database, ...names), names.slice(1));
  },
});

function lasting(name: string, owner = phone): NewAccessToken {
  const never = { expiresAt: undefined, refreshDigest: undefined, predecessor: undefined };
  return { ...owner, ...never, digest: digestOf(name), createdAt: noon };
}

function refreshable(name: string, owner = phone): NewAccessToken {
  return {
    ...lasting(name, owner),
    expiresAt: noon + 3_600_000,
    refreshDigest: digestOf(`refresh ${name}`),
    predecessor: digestOf(`predecessor of ${name}`),
  };
}

function add({ unitOfWork }: TestDatabase, ...tokens: NewAccessToken[]): Promise<void> {
  return unitOfWork.run("everything", async ({ accessTokens }) => {
    for (const token of tokens) await accessTokens.add(token);
  });
}

function find({ snapshots }: TestDatabase, name: string) {
  return snapshots.read(({ accessTokens }) => accessTokens.findByDigest(digestOf(name)));
}

async function found(database: TestDatabase, ...names: string[]): Promise<string[]> {
  const tokens = await Promise.all(names.map((name) => find(database, name)));
  return names.filter((_, index) => tokens[index] !== undefined);
}

function refreshDigest({ snapshots }: TestDatabase, name: string) {
  return snapshots.read(({ accessTokens }) => accessTokens.findRefreshDigest(digestOf(name)));
}
