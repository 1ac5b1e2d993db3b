import assert from "node:assert/strict";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type { Feed, FeedFailure, FeedTransaction } from "../../src/domain/appservice-feed/appservice-feed-store.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { noon } from "./owners.ts";

const transaction: FeedTransaction = { id: "T1", body: '{"events":[],"to_device":["\\u0000\\ud83d"]}', madeAt: noon };
const failure: FeedFailure = { attempts: 2, since: noon, error: "ECONNREFUSED", nextAttemptAt: noon + 2000 };
/** Of a later epoch: more than 32 bits. */
const far = 3 * 2 ** 40 + 7;

contract("appserviceFeeds", {
  "a feed begins with its positions, and is nobody else's": async (database) => {
    assert.equal(await find(database), undefined);
    await change(database, (feeds) => feeds.begin("bridge", 5, far));
    assert.deepEqual(await find(database), feed("bridge", 5, far));
    assert.equal(await find(database, "other"), undefined);
    await change(database, (feeds) => feeds.begin("other", 6, 7));
    assert.deepEqual(await list(database), [feed("bridge", 5, far), feed("other", 6, 7)]);
  },

  "it goes on to a position, and begins anew in another history": async (database) => {
    await change(database, (feeds) => feeds.begin("bridge", 5, 5));
    await change(database, (feeds) => feeds.begin("other", 5, 5));
    await change(database, (feeds) => feeds.putDeviceListPosition("bridge", 9));
    assert.deepEqual(await find(database), feed("bridge", 9, 5));
    await change(database, (feeds) => feeds.putFailure("bridge", failure));
    await change(database, (feeds) => feeds.begin("bridge", 0, far));
    assert.deepEqual(await find(database), feed("bridge", 0, far, failure));
    assert.deepEqual(await find(database, "other"), feed("other", 5, 5));
  },

  "a failure is noted until it is removed": async (database) => {
    await change(database, (feeds) => feeds.begin("bridge", 5, 5));
    await change(database, (feeds) => feeds.putFailure("bridge", { ...failure, attempts: 1 }));
    await change(database, (feeds) => feeds.putFailure("bridge", failure));
    assert.deepEqual(await find(database), feed("bridge", 5, 5, failure));
    await change(database, (feeds) => feeds.removeFailure("bridge"));
    assert.deepEqual(await find(database), feed("bridge", 5, 5));
  },

  "a transaction is kept as it was made, one for each appservice": async (database) => {
    assert.deepEqual([await findTransaction(database), await time(database)], [undefined, undefined]);
    await change(database, (feeds) => feeds.addTransaction("bridge", transaction));
    assert.deepEqual([await findTransaction(database), await time(database)], [transaction, noon]);
    const another = { ...transaction, id: "T2" };
    await assert.rejects(change(database, (feeds) => feeds.addTransaction("bridge", another)));
    assert.deepEqual(await findTransaction(database), transaction);
    await change(database, (feeds) => feeds.addTransaction("other", another));
    await change(database, (feeds) => feeds.removeTransaction("bridge", "T1"));
    assert.equal(await findTransaction(database), undefined);
    assert.deepEqual(await findTransaction(database, "other"), another);
  },

  "only the transaction that is named is removed": async (database) => {
    await change(database, (feeds) => feeds.addTransaction("bridge", transaction));
    await change(database, (feeds) => feeds.removeTransaction("bridge", "T0"));
    assert.deepEqual(await findTransaction(database), transaction);
  },

  "a body may be long": async (database) => {
    const long = { ...transaction, body: `{"events":[],"x":"${"\u9375".repeat(1_000_000)}"}` };
    await change(database, (feeds) => feeds.addTransaction("bridge", long));
    assert.deepEqual(await findTransaction(database), long);
  },

  "a unit that fails changes nothing": async (database) => {
    await change(database, async (feeds) => {
      await feeds.begin("bridge", 5, 5);
      await feeds.addTransaction("bridge", transaction);
      await feeds.putFailure("bridge", failure);
    });
    await runAndFail(database.unitOfWork, async ({ appserviceFeeds: feeds }) => {
      await feeds.begin("bridge", 6, 6);
      await feeds.begin("other", 6, 6);
      await feeds.putDeviceListPosition("bridge", 7);
      await feeds.removeFailure("bridge");
      await feeds.removeTransaction("bridge", transaction.id);
      await feeds.addTransaction("bridge", { ...transaction, id: "T2" });
    });
    assert.deepEqual(await list(database), [feed("bridge", 5, 5, failure)]);
    assert.deepEqual(await findTransaction(database), transaction);
  },

  "appservices, ids and errors may be any text": async (database) => {
    await change(database, async (feeds) => {
      for (const text of oddTexts) {
        await feeds.begin(text, 1, 1);
        await feeds.putFailure(text, { ...failure, error: text });
        await feeds.addTransaction(text, { ...transaction, id: text });
      }
    });
    for (const text of oddTexts) {
      assert.deepEqual(await find(database, text), feed(text, 1, 1, { ...failure, error: text }));
      assert.deepEqual(await findTransaction(database, text), { ...transaction, id: text });
    }
  },
});

function feed(appserviceId: string, deviceListPosition: number, historyPosition: number, of?: FeedFailure): Feed {
  return { appserviceId, deviceListPosition, historyPosition, failure: of };
}

function change(
  { unitOfWork }: TestDatabase,
  work: (feeds: Stores["appserviceFeeds"]) => Promise<void>,
): Promise<void> {
  return unitOfWork.run("everything", ({ appserviceFeeds }) => work(appserviceFeeds));
}

function find({ snapshots }: TestDatabase, id = "bridge"): Promise<Feed | undefined> {
  return snapshots.read(({ appserviceFeeds }) => appserviceFeeds.findFeed(id));
}

/** By id. */
async function list({ snapshots }: TestDatabase): Promise<Feed[]> {
  const feeds = await snapshots.read(({ appserviceFeeds }) => appserviceFeeds.listFeeds());
  return feeds.sort((one, other) => (one.appserviceId < other.appserviceId ? -1 : 1));
}

function findTransaction({ snapshots }: TestDatabase, id = "bridge"): Promise<FeedTransaction | undefined> {
  return snapshots.read(({ appserviceFeeds }) => appserviceFeeds.findTransaction(id));
}

function time({ snapshots }: TestDatabase): Promise<number | undefined> {
  return snapshots.read(({ appserviceFeeds }) => appserviceFeeds.findTransactionTime("bridge"));
}
