import assert from "node:assert/strict";
import { contract, runAndFail } from "./contract.ts";
import { digestOf } from "./digests.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bobsPhone, deviceOf, laptop, noon, phone, userNamed } from "./owners.ts";

contract("refreshTokens", {
  "a token is found by its digest, with what it replaces": async (database) => {
    await add(database, "A");
    await add(database, "B", { predecessor: "A", owner: laptop });
    assert.deepEqual(await find(database, "A"), { ...phone, digest: digestOf("A"), predecessor: undefined });
    assert.deepEqual(await find(database, "B"), { ...laptop, digest: digestOf("B"), predecessor: digestOf("A") });
    assert.equal(await find(database, "unknown"), undefined);
  },

  "the tokens that replace one are listed, oldest first, of its device alone": async (database) => {
    await add(database, "A");
    await add(database, "middle", { predecessor: "A", createdAt: noon + 5 });
    await add(database, "oldest", { predecessor: "A", createdAt: noon });
    await add(database, "newest", { predecessor: "A", createdAt: noon + 10_000_000_000 });
    await add(database, "next generation", { predecessor: "newest" });
    await add(database, "foreign", { predecessor: "A", owner: laptop });
    assert.deepEqual(await successors(database, "A"), ["oldest", "middle", "newest"].map(digestOf));
    assert.deepEqual(await successors(database, "newest"), [digestOf("next generation")]);
    assert.deepEqual(await successors(database, "oldest"), []);
    assert.deepEqual(await successors(database, "A", bobsPhone), []);
  },

  "a token that has been used replaces nothing any more": async (database) => {
    await add(database, "A");
    for (const name of ["B", "C"]) await add(database, name, { predecessor: "A" });
    await database.unitOfWork.run("everything", ({ refreshTokens }) => refreshTokens.forgetPredecessor(digestOf("B")));
    assert.equal((await find(database, "B"))?.predecessor, undefined);
    assert.deepEqual(await successors(database, "A"), [digestOf("C")]);
  },

  "tokens are removed by their digests, of this device alone": async (database) => {
    for (const name of ["A", "B", "C", "D"]) await add(database, name);
    const remove = (owner: typeof phone, ...names: string[]) =>
      database.unitOfWork.run("everything", ({ refreshTokens }) => refreshTokens.remove(owner, names.map(digestOf)));
    await remove(laptop, "A");
    await remove(bobsPhone, "A");
    await remove(phone);
    assert.deepEqual(await found(database, "A", "B", "C", "D"), ["A", "B", "C", "D"]);
    await remove(phone, "A", "C", "unknown");
    assert.deepEqual(await found(database, "A", "B", "C", "D"), ["B", "D"]);
  },

  "S4: a device's tokens are removed; other devices keep theirs": async (database) => {
    await add(database, "A");
    await add(database, "B", { predecessor: "A" });
    await add(database, "C", { owner: laptop });
    await add(database, "D", { owner: bobsPhone });
    await database.unitOfWork.run("everything", ({ refreshTokens }) => refreshTokens.removeOfDevice(phone));
    assert.deepEqual(await found(database, "A", "B", "C", "D"), ["C", "D"]);
  },

  "a unit that fails leaves the tokens as they were": async (database) => {
    const { unitOfWork } = database;
    await add(database, "A", { predecessor: "0" });
    const never = { ...phone, digest: digestOf("B"), predecessor: undefined };
    await runAndFail(unitOfWork, ({ refreshTokens }) => refreshTokens.add(never, noon));
    await runAndFail(unitOfWork, ({ refreshTokens }) => refreshTokens.remove(phone, [digestOf("A")]));
    await runAndFail(unitOfWork, ({ refreshTokens }) => refreshTokens.forgetPredecessor(digestOf("A")));
    await runAndFail(unitOfWork, ({ refreshTokens }) => refreshTokens.removeOfDevice(phone));
    assert.deepEqual(await find(database, "A"), { ...phone, digest: digestOf("A"), predecessor: digestOf("0") });
    assert.equal(await find(database, "B"), undefined);
  },

  "owners may be any text": async (database) => {
    for (const text of oddTexts) {
      await add(database, `d ${text}`, { owner: deviceOf(alice, text), predecessor: "A" });
      await add(database, `u ${text}`, { owner: deviceOf(userNamed(text), "PHONE") });
    }
    for (const text of oddTexts) {
      assert.deepEqual(await successors(database, "A", deviceOf(alice, text)), [digestOf(`d ${text}`)]);
      assert.equal((await find(database, `u ${text}`))?.userId, userNamed(text));
    }
  },
});

interface Details {
  readonly owner?: typeof phone;
  readonly predecessor?: string;
  readonly createdAt?: number;
}

function add({ unitOfWork }: TestDatabase, name: string, details: Details = {}): Promise<void> {
  const { owner = phone, predecessor, createdAt = noon } = details;
  const replaced = predecessor === undefined ? undefined : digestOf(predecessor);
  const token = { ...owner, digest: digestOf(name), predecessor: replaced };
  return unitOfWork.run("everything", ({ refreshTokens }) => refreshTokens.add(token, createdAt));
}

function find({ snapshots }: TestDatabase, name: string) {
  return snapshots.read(({ refreshTokens }) => refreshTokens.findByDigest(digestOf(name)));
}

async function found(database: TestDatabase, ...names: string[]): Promise<string[]> {
  const tokens = await Promise.all(names.map((name) => find(database, name)));
  return names.filter((_, index) => tokens[index] !== undefined);
}

function successors({ snapshots }: TestDatabase, predecessor: string, owner = phone): Promise<Buffer[]> {
  return snapshots.read(({ refreshTokens }) => refreshTokens.listSuccessors(owner, digestOf(predecessor)));
}
