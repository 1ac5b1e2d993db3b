import assert from "node:assert/strict";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, userNamed } from "./owners.ts";

contract("filters", {
  "a definition is found under its user and id, to the letter": async (database) => {
    const definition = '{ "room":{"timeline":{ "limit":1.0 }},"a":"\\u00e9" }';
    await put(database, alice, "1", definition);
    await put(database, alice, "2", "{}");
    await put(database, bob, "1", '{"of":"bob"}');
    assert.equal(await find(database, alice, "1"), definition);
    assert.equal(await find(database, alice, "2"), "{}");
    assert.equal(await find(database, bob, "1"), '{"of":"bob"}');
    assert.equal(await find(database, bob, "2"), undefined);
    assert.equal(await find(database, userNamed("unknown"), "1"), undefined);
  },

  "a filter does not change once it has an id": async (database) => {
    await put(database, alice, "1", "{}");
    await put(database, alice, "1", '{"another":"one"}');
    assert.equal(await find(database, alice, "1"), "{}");
    assert.equal(await count(database, alice), 1);
  },

  "definitions of one id that are put at once leave one": async (database) => {
    const texts = Array.from({ length: 10 }, (_, index) => `{"n":${index}}`);
    await Promise.all(texts.map((text) => put(database, alice, "1", text)));
    assert.ok(texts.includes((await find(database, alice, "1")) ?? ""));
    assert.equal(await count(database, alice), 1);
  },

  "filters are counted and removed by user": async (database) => {
    assert.equal(await count(database, alice), 0);
    for (const id of ["1", "2", "3"]) await put(database, alice, id, "{}");
    await put(database, bob, "1", "{}");
    assert.deepEqual([await count(database, alice), await count(database, bob)], [3, 1]);
    await database.unitOfWork.run("everything", ({ filters }) => filters.removeAll(alice));
    assert.deepEqual([await count(database, alice), await count(database, bob)], [0, 1]);
    assert.equal(await find(database, alice, "1"), undefined);
    await put(database, alice, "1", '{"new":true}');
    assert.equal(await find(database, alice, "1"), '{"new":true}');
  },

  "a unit that fails leaves the filters as they were": async (database) => {
    await put(database, alice, "1", "{}");
    await runAndFail(database.unitOfWork, ({ filters }) => filters.put(alice, "2", "{}"));
    await runAndFail(database.unitOfWork, ({ filters }) => filters.removeAll(alice));
    assert.equal(await find(database, alice, "1"), "{}");
    assert.equal(await find(database, alice, "2"), undefined);
  },

  "users, ids and definitions may be any text": async (database) => {
    for (const text of oddTexts) {
      await put(database, alice, text, JSON.stringify({ text }));
      await put(database, userNamed(text), "1", JSON.stringify({ text }));
    }
    for (const text of oddTexts) {
      assert.equal(await find(database, alice, text), JSON.stringify({ text }));
      assert.equal(await find(database, userNamed(text), "1"), JSON.stringify({ text }));
      assert.equal(await count(database, userNamed(text)), 1);
    }
    assert.equal(await count(database, alice), oddTexts.length);
  },
});

function put({ unitOfWork }: TestDatabase, user: UserId, filterId: string, definition: string): Promise<void> {
  return unitOfWork.run("everything", ({ filters }) => filters.put(user, filterId, definition));
}

function find({ snapshots }: TestDatabase, user: UserId, filterId: string): Promise<string | undefined> {
  return snapshots.read(({ filters }) => filters.findDefinition(user, filterId));
}

function count({ snapshots }: TestDatabase, user: UserId): Promise<number> {
  return snapshots.read(({ filters }) => filters.countFilters(user));
}
