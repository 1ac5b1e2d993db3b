import type { ReceivedTransactionStore } from "../../../domain/federation-in/received-transaction-store.ts";
import type { SqlSession } from "../session.ts";

export function sqlReceivedTransactionStore(session: SqlSession): ReceivedTransactionStore {
  const { db, hot } = session;
  return {
    findDone(origin, transactionId) {
      return hot.findDone(origin, transactionId);
    },
    async putDone(origin, transactionId, done, receivedAt) {
      const put = db
        .insertInto("received_transactions")
        .values({ origin, transaction_id: transactionId, done, received_at: receivedAt })
        .onConflict((conflict) =>
          conflict.columns(["origin", "transaction_id"]).doUpdateSet({ done, received_at: receivedAt }),
        );
      await session.run("received_transactions.put", put);
    },
    rememberMessage(origin, messageId, receivedAt) {
      return hot.rememberMessage(origin, messageId, receivedAt);
    },
    async forgetBefore(time) {
      const transactions = db.deleteFrom("received_transactions").where("received_at", "<", time);
      await session.run("received_transactions.forget", transactions);
      const messages = db.deleteFrom("received_messages").where("received_at", "<", time);
      await session.run("received_messages.forget", messages);
    },
  };
}
