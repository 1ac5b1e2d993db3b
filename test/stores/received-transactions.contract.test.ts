import assert from "node:assert/strict";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { east, noon, serverNamed, west } from "./owners.ts";

contract("receivedTransactions", {
  "S3: how much of a transaction was done is known, by its origin and id": async (database) => {
    assert.equal(await findDone(database, east, "T"), undefined);
    await putDone(database, east, "T", 0);
    assert.equal(await findDone(database, east, "T"), 0);
    await putDone(database, east, "T", 3);
    assert.equal(await findDone(database, east, "T"), 3);
    assert.equal(await findDone(database, west, "T"), undefined);
    assert.equal(await findDone(database, east, "U"), undefined);
  },

  "S3: a message is new once, for each origin": async (database) => {
    assert.equal(await remember(database, east, "M"), true);
    assert.equal(await remember(database, east, "M"), false);
    assert.equal(await remember(database, west, "M"), true);
    assert.equal(await remember(database, east, "N"), true);
  },

  "S3: of messages remembered at once, in whatever order, each is new once": async (database) => {
    const ids = Array.from({ length: 20 }, (_, index) => `M${index}`);
    const units = ids.map((_, turn) =>
      database.unitOfWork.run({}, async ({ receivedTransactions }) => {
        const fresh: string[] = [];
        const ordered = turn % 2 === 0 ? ids : ids.toReversed();
        for (const id of ordered) if (await receivedTransactions.rememberMessage(east, id, noon)) fresh.push(id);
        return fresh;
      }),
    );
    assert.deepEqual((await Promise.all(units)).flat().sort(), ids.toSorted());
  },

  "a message that was remembered by a unit that failed is new": async (database) => {
    await runAndFail(database.unitOfWork, async ({ receivedTransactions }) => {
      assert.equal(await receivedTransactions.rememberMessage(east, "M", noon), true);
      await receivedTransactions.putDone(east, "T", 1, noon);
    });
    assert.equal(await findDone(database, east, "T"), undefined);
    assert.equal(await remember(database, east, "M"), true);
  },

  "what was received before a time is forgotten": async (database) => {
    await putDone(database, east, "old", 1, noon - 1);
    await putDone(database, east, "new", 1, noon);
    await remember(database, east, "old", noon - 1);
    await remember(database, east, "new", noon);
    await database.unitOfWork.run("everything", ({ receivedTransactions }) => receivedTransactions.forgetBefore(noon));
    assert.deepEqual([await findDone(database, east, "old"), await findDone(database, east, "new")], [undefined, 1]);
    assert.deepEqual([await remember(database, east, "old"), await remember(database, east, "new")], [true, false]);
  },

  "origins and ids may be any text": async (database) => {
    for (const [index, text] of oddTexts.entries()) {
      await putDone(database, serverNamed(text), text, index);
      assert.equal(await remember(database, serverNamed(text), text), true);
      assert.equal(await remember(database, east, text), true);
    }
    for (const [index, text] of oddTexts.entries()) {
      assert.equal(await findDone(database, serverNamed(text), text), index);
      assert.equal(await remember(database, serverNamed(text), text), false);
    }
  },
});

function putDone({ unitOfWork }: TestDatabase, origin: typeof east, id: string, done: number, at = noon) {
  return unitOfWork.run({}, ({ receivedTransactions }) => receivedTransactions.putDone(origin, id, done, at));
}

function findDone({ snapshots }: TestDatabase, origin: typeof east, id: string) {
  return snapshots.read(({ receivedTransactions }) => receivedTransactions.findDone(origin, id));
}

function remember({ unitOfWork }: TestDatabase, origin: typeof east, id: string, at = noon): Promise<boolean> {
  return unitOfWork.run({}, ({ receivedTransactions }) => receivedTransactions.rememberMessage(origin, id, at));
}
