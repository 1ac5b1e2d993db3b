import type { Selectable } from "kysely";
import type { AppserviceFeedStore, Feed, FeedFailure } from "../../../domain/appservice-feed/appservice-feed-store.ts";
import type { Schema } from "../schema.ts";
import type { SqlSession } from "../session.ts";
import { StorageInconsistencyError } from "../storage-inconsistency-error.ts";

export function sqlAppserviceFeedStore(session: SqlSession): AppserviceFeedStore {
  const { db } = session;
  const change = (appserviceId: string, columns: Partial<Selectable<Schema["appservice_feeds"]>>) =>
    db.updateTable("appservice_feeds").set(columns).where("appservice_id", "=", appserviceId);
  const transactionOf = (appserviceId: string) =>
    db.selectFrom("appservice_transactions").where("appservice_id", "=", appserviceId);
  return {
    async findFeed(appserviceId) {
      const feed = db.selectFrom("appservice_feeds").selectAll().where("appservice_id", "=", appserviceId);
      const row = await session.first("appservice_feeds.find", feed);
      return row && feedOf(row);
    },
    async listFeeds() {
      return (await session.all("appservice_feeds.list", db.selectFrom("appservice_feeds").selectAll())).map(feedOf);
    },
    async begin(appserviceId, { deviceListPosition, eventPosition, ephemeralPosition }, historyPosition) {
      const positions = {
        ...{ device_list_position: deviceListPosition, event_position: eventPosition },
        ...{ ephemeral_position: ephemeralPosition, history_position: historyPosition },
      };
      const begin = db
        .insertInto("appservice_feeds")
        .values({ appservice_id: appserviceId, ...positions, namespaces: "", attempts: 0 })
        .onConflict((conflict) => conflict.column("appservice_id").doUpdateSet(positions));
      await session.run("appservice_feeds.begin", begin);
    },
    async putPositions(appserviceId, { deviceListPosition, eventPosition, ephemeralPosition }) {
      const positions = {
        ...(deviceListPosition !== undefined && { device_list_position: deviceListPosition }),
        ...(eventPosition !== undefined && { event_position: eventPosition }),
        ...(ephemeralPosition !== undefined && { ephemeral_position: ephemeralPosition }),
      };
      await session.run("appservice_feeds.move", change(appserviceId, positions));
    },
    async putNamespaces(appserviceId, digest) {
      await session.run("appservice_feeds.put-namespaces", change(appserviceId, { namespaces: digest }));
    },
    async findTransaction(appserviceId) {
      const waiting = transactionOf(appserviceId).select(["transaction_id", "body", "made_at"]);
      const row = await session.first("appservice_transactions.find", waiting);
      return row && { id: row.transaction_id, body: row.body, madeAt: row.made_at };
    },
    async findTransactionTime(appserviceId) {
      return (await session.first("appservice_transactions.time", transactionOf(appserviceId).select("made_at")))
        ?.made_at;
    },
    async addTransaction(appserviceId, { id, body, madeAt }) {
      const row = { appservice_id: appserviceId, transaction_id: id, body, made_at: madeAt };
      await session.run("appservice_transactions.add", db.insertInto("appservice_transactions").values(row));
    },
    async removeTransaction(appserviceId, transactionId) {
      const taken = db
        .deleteFrom("appservice_transactions")
        .where("appservice_id", "=", appserviceId)
        .where("transaction_id", "=", transactionId);
      await session.run("appservice_transactions.remove", taken);
    },
    async putFailure(appserviceId, { attempts, since, error, nextAttemptAt }) {
      const failure = { attempts, failing_since: since, last_error: error, next_attempt_at: nextAttemptAt };
      await session.run("appservice_feeds.fail", change(appserviceId, failure));
    },
    async removeFailure(appserviceId) {
      const none = { attempts: 0, failing_since: null, last_error: null, next_attempt_at: null };
      await session.run("appservice_feeds.recover", change(appserviceId, none));
    },
  };
}

function feedOf(row: Selectable<Schema["appservice_feeds"]>): Feed {
  return {
    appserviceId: row.appservice_id,
    deviceListPosition: row.device_list_position,
    eventPosition: row.event_position,
    ephemeralPosition: row.ephemeral_position,
    namespaces: row.namespaces,
    historyPosition: row.history_position,
    failure: failureOf(row),
  };
}

function failureOf(row: Selectable<Schema["appservice_feeds"]>): FeedFailure | undefined {
  const { attempts, failing_since: since, last_error: error, next_attempt_at: nextAttemptAt } = row;
  if (since === null) return undefined;
  if (error === null || nextAttemptAt === null) {
    throw new StorageInconsistencyError("appservice_feeds", "failing_since", row.appservice_id, "a part is missing");
  }
  return { attempts, since, error, nextAttemptAt };
}
