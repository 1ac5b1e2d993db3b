import type { Selectable } from "kysely";
import type { DestinationFailure, DestinationStore } from "../../../domain/federation-out/destination-store.ts";
import type { ServerName } from "../../../protocol/identifiers/server-name.ts";
import type { Schema } from "../schema.ts";
import type { SqlSession } from "../session.ts";

export function sqlDestinationStore(session: SqlSession): DestinationStore {
  const { db } = session;
  return {
    async findFailure(server) {
      const failure = db.selectFrom("destinations").selectAll().where("server_name", "=", server);
      const row = await session.first("destinations.find", failure);
      return row && failureOf(row);
    },
    async listFailures() {
      const failures = db.selectFrom("destinations").selectAll().orderBy("server_name");
      const rows = await session.all("destinations.list", failures);
      return rows.map((row) => ({ server: row.server_name as ServerName, ...failureOf(row) }));
    },
    async putFailure(server, { attempts, since, error, nextAttemptAt }) {
      const failure = { attempts, failing_since: since, last_error: error, next_attempt_at: nextAttemptAt };
      const put = db
        .insertInto("destinations")
        .values({ server_name: server, ...failure })
        .onConflict((conflict) => conflict.column("server_name").doUpdateSet(failure));
      await session.run("destinations.fail", put);
    },
    async removeFailure(server) {
      await session.run("destinations.recover", db.deleteFrom("destinations").where("server_name", "=", server));
    },
    async findTransaction(destination) {
      const waiting = db
        .selectFrom("federation_transactions")
        .select(["transaction_id", "body", "made_at"])
        .where("destination", "=", destination);
      const row = await session.first("federation_transactions.find", waiting);
      return row && { id: row.transaction_id, body: row.body, madeAt: row.made_at };
    },
    async addTransaction(destination, { id, body, madeAt }) {
      const row = { destination, transaction_id: id, body, made_at: madeAt };
      await session.run("federation_transactions.add", db.insertInto("federation_transactions").values(row));
    },
    async removeTransaction(destination, transactionId) {
      const taken = db
        .deleteFrom("federation_transactions")
        .where("destination", "=", destination)
        .where("transaction_id", "=", transactionId);
      await session.run("federation_transactions.remove", taken);
    },
    async findToldStreamId(destination, userId) {
      const told = db
        .selectFrom("told_device_lists")
        .select("stream_id")
        .where("destination", "=", destination)
        .where("user_id", "=", userId);
      return (await session.first("told_device_lists.find", told))?.stream_id;
    },
    async putToldStreamId(destination, userId, streamId) {
      const put = db
        .insertInto("told_device_lists")
        .values({ destination, user_id: userId, stream_id: streamId })
        .onConflict((conflict) =>
          conflict
            .columns(["destination", "user_id"])
            .doUpdateSet({ stream_id: streamId })
            // The server asked for the list while an earlier change was on its way: what it has is the later one.
            .where("told_device_lists.stream_id", "<", streamId),
        );
      await session.run("told_device_lists.put", put);
    },
  };
}

function failureOf(row: Selectable<Schema["destinations"]>): DestinationFailure {
  return {
    attempts: row.attempts,
    since: row.failing_since,
    error: row.last_error,
    nextAttemptAt: row.next_attempt_at,
  };
}
