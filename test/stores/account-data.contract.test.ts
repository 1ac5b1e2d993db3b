import assert from "node:assert/strict";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, userNamed } from "./owners.ts";

contract("accountData", {
  "each type has the content that was put last": async (database) => {
    assert.equal(await find(database, alice, "m.direct"), undefined);
    await put(database, alice, "m.direct", "{}");
    await put(database, alice, "m.other", '{"b":1}');
    await put(database, bob, "m.direct", '{"of":"bob"}');
    await put(database, alice, "m.direct", '{"a":1}');
    assert.equal(await find(database, alice, "m.direct"), '{"a":1}');
    assert.equal(await find(database, alice, "m.other"), '{"b":1}');
    assert.equal(await find(database, bob, "m.direct"), '{"of":"bob"}');
    assert.equal(await find(database, bob, "m.other"), undefined);
  },

  "content is kept to the letter": async (database) => {
    const content = `{ "z":1.0,"a":[ 1e3, "\\u00e9", null ], "long":"${"\u{1f5dd}".repeat(20_000)}" }`;
    await put(database, alice, "m.direct", content);
    assert.equal(await find(database, alice, "m.direct"), content);
  },

  "what changed after a position is listed, each type once with its newest content": async (database) => {
    await put(database, alice, "a", "1");
    const first = await position(database);
    await put(database, alice, "b", "1");
    await put(database, bob, "c", "1");
    const second = await position(database);
    await put(database, alice, "a", "2");
    await put(database, alice, "a", "3");
    assert.deepEqual(await changed(database, alice, 0), { a: "3", b: "1" });
    assert.deepEqual(await changed(database, alice, first), { a: "3", b: "1" });
    assert.deepEqual(await changed(database, alice, second), { a: "3" });
    assert.deepEqual(await changed(database, alice, await position(database)), {});
    assert.deepEqual(await changed(database, bob, 0), { c: "1" });
  },

  "S5: content that is put again without a change counts as a change": async (database) => {
    await put(database, alice, "a", "1");
    const since = await position(database);
    await put(database, alice, "a", "1");
    assert.deepEqual(await changed(database, alice, since), { a: "1" });
  },

  "each change of a unit takes a position of its own, in order": async (database) => {
    await database.unitOfWork.run("everything", async ({ accountData }) => {
      for (const type of ["b", "c", "a"]) await accountData.put(alice, { type, content: "1" });
      await accountData.put(alice, { type: "b", content: "2" });
    });
    const end = await position(database);
    const seen: string[] = [];
    for (let since = 0; since <= end; since++) {
      seen.push(
        Object.keys(await changed(database, alice, since))
          .sort()
          .join(""),
      );
    }
    assert.deepEqual(seen, ["abc", "abc", "ab", "b", ""]);
    assert.equal(await find(database, alice, "b"), "2");
  },

  "a user's types are counted": async (database) => {
    for (const type of ["a", "b", "a"]) await put(database, alice, type, "1");
    await put(database, bob, "a", "1");
    const counts = await database.snapshots.read(async ({ accountData }) => [
      await accountData.countTypes(alice),
      await accountData.countTypes(bob),
      await accountData.countTypes(userNamed("unknown")),
    ]);
    assert.deepEqual(counts, [2, 1, 0]);
  },

  "the bytes of a user's contents are counted, but for one type": async (database) => {
    await put(database, alice, "a", '"\u{1f5dd}"');
    await put(database, alice, "b", "12");
    await put(database, bob, "c", "123");
    const counts = await database.snapshots.read(async ({ accountData }) => [
      await accountData.countBytesBeside(alice, "c"),
      await accountData.countBytesBeside(alice, "a"),
      await accountData.countBytesBeside(userNamed("unknown"), "a"),
    ]);
    assert.deepEqual(counts, [8, 2, 0]);
  },

  "a user's data is removed; that of others stays": async (database) => {
    for (const user of [alice, bob]) await put(database, user, "a", "1");
    await put(database, alice, "b", "1");
    await database.unitOfWork.run("everything", ({ accountData }) => accountData.removeAll(alice));
    assert.deepEqual(await changed(database, alice, 0), {});
    assert.equal(await find(database, alice, "a"), undefined);
    assert.deepEqual(await changed(database, bob, 0), { a: "1" });
  },

  "a unit that fails leaves the data as it was and takes no position": async (database) => {
    await put(database, alice, "a", "1");
    const before = await position(database);
    await runAndFail(database.unitOfWork, async ({ accountData }) => {
      await accountData.put(alice, { type: "a", content: "2" });
      await accountData.put(alice, { type: "b", content: "2" });
    });
    await runAndFail(database.unitOfWork, ({ accountData }) => accountData.removeAll(alice));
    assert.deepEqual(await changed(database, alice, 0), { a: "1" });
    assert.equal(await position(database), before);
  },

  "users, types and contents may be any text": async (database) => {
    await database.unitOfWork.run("everything", async ({ accountData }) => {
      for (const text of oddTexts) {
        await accountData.put(alice, { type: text, content: JSON.stringify(text) });
        await accountData.put(userNamed(text), { type: "a", content: JSON.stringify(text) });
      }
    });
    const expected = Object.fromEntries(oddTexts.map((text) => [text, JSON.stringify(text)]));
    assert.deepEqual(await changed(database, alice, 0), expected);
    for (const text of oddTexts) {
      assert.equal(await find(database, alice, text), JSON.stringify(text));
      assert.deepEqual(await changed(database, userNamed(text), 0), { a: JSON.stringify(text) });
    }
  },
});

function put({ unitOfWork }: TestDatabase, user: UserId, type: string, content: string): Promise<void> {
  return unitOfWork.run("everything", ({ accountData }) => accountData.put(user, { type, content }));
}

function find({ snapshots }: TestDatabase, user: UserId, type: string): Promise<string | undefined> {
  return snapshots.read(({ accountData }) => accountData.findContent(user, type));
}

/** Contents by type; each type is listed once. */
async function changed({ snapshots }: TestDatabase, user: UserId, since: number): Promise<Record<string, string>> {
  const listed = await snapshots.read(({ accountData }) => accountData.listChanged(user, since));
  const byType = Object.fromEntries(listed.map(({ type, content }) => [type, content]));
  assert.equal(Object.keys(byType).length, listed.length);
  return byType;
}

function position({ snapshots }: TestDatabase): Promise<number> {
  return snapshots.read(({ stream }) => stream.findPosition());
}
