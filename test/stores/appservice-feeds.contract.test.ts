import assert from "node:assert/strict";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type {
  Feed,
  FeedFailure,
  FeedPositions,
  FeedTransaction,
} from "../../src/domain/appservice-feed/appservice-feed-store.ts";
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
    await change(database, (feeds) => feeds.begin("bridge", at(5), far));
    assert.deepEqual(await find(database), feed("bridge", at(5), far));
    assert.equal(await find(database, "other"), undefined);
    await change(database, (feeds) => feeds.begin("other", at(6), 7));
    assert.deepEqual(await list(database), [feed("bridge", at(5), far), feed("other", at(6), 7)]);
  },

  "it goes on to a position, and begins anew in another history": async (database) => {
    await change(database, (feeds) => feeds.begin("bridge", at(5), 5));
    await change(database, (feeds) => feeds.begin("other", at(5), 5));
    await change(database, (feeds) => feeds.putPositions("bridge", { deviceListPosition: 9 }));
    assert.deepEqual(await find(database), feed("bridge", { ...at(5), deviceListPosition: 9 }, 5));
    await change(database, (feeds) => feeds.putPositions("bridge", { eventPosition: 7, ephemeralPosition: 8 }));
    const moved = { deviceListPosition: 9, eventPosition: 7, ephemeralPosition: 8 };
    assert.deepEqual(await find(database), feed("bridge", moved, 5));
    await change(database, (feeds) => feeds.putFailure("bridge", failure));
    await change(database, (feeds) => feeds.begin("bridge", at(0), far));
    assert.deepEqual(await find(database), feed("bridge", at(0), far, failure));
    assert.deepEqual(await find(database, "other"), feed("other", at(5), 5));
  },

  "the digest of the namespaces is kept, also where the feed begins anew": async (database) => {
    await change(database, (feeds) => feeds.begin("bridge", at(5), 5));
    await change(database, (feeds) => feeds.putNamespaces("bridge", "digest"));
    await change(database, (feeds) => feeds.begin("bridge", at(6), 6));
    assert.deepEqual(await find(database), { ...feed("bridge", at(6), 6), namespaces: "digest" });
  },

  "a failure is noted until it is removed": async (database) => {
    await change(database, (feeds) => feeds.begin("bridge", at(5), 5));
    await change(database, (feeds) => feeds.putFailure("bridge", { ...failure, attempts: 1 }));
    await change(database, (feeds) => feeds.putFailure("bridge", failure));
    assert.deepEqual(await find(database), feed("bridge", at(5), 5, failure));
    await change(database, (feeds) => feeds.removeFailure("bridge"));
    assert.deepEqual(await find(database), feed("bridge", at(5), 5));
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
      await feeds.begin("bridge", at(5), 5);
      await feeds.addTransaction("bridge", transaction);
      await feeds.putFailure("bridge", failure);
    });
    await runAndFail(database.unitOfWork, async ({ appserviceFeeds: feeds }) => {
      await feeds.begin("bridge", at(6), 6);
      await feeds.begin("other", at(6), 6);
      await feeds.putPositions("bridge", at(7));
      await feeds.removeFailure("bridge");
      await feeds.removeTransaction("bridge", transaction.id);
      await feeds.addTransaction("bridge", { ...transaction, id: "T2" });
    });
    assert.deepEqual(await list(database), [feed("bridge", at(5), 5, failure)]);
    assert.deepEqual(await findTransaction(database), transaction);
  },

  "appservices, ids and errors may be any text": async (database) => {
    await change(database, async (feeds) => {
      for (const text of oddTexts) {
        await feeds.begin(text, at(1), 1);
        await feeds.putFailure(text, { ...failure, error: text });
        await feeds.addTransaction(text, { ...transaction, id: text });
      }
    });
    for (const text of oddTexts) {
      assert.deepEqual(await find(database, text), feed(text, at(1), 1, { ...failure, error: text }));
      assert.deepEqual(await findTransaction(database, text), { ...transaction, id: text });
    }
  },
});

function at(position: number): FeedPositions {
  return { deviceListPosition: position, eventPosition: position + 100, ephemeralPosition: position + 200 };
}

function feed(appserviceId: string, positions: FeedPositions, historyPosition: number, of?: FeedFailure): Feed {
  return { appserviceId, ...positions, historyPosition, namespaces: "", failure: of };
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
