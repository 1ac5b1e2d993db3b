import type { FederationStatements, NewServerMessageRow, ServerKeyRow } from "../../hot-statements.ts";
import { placeBelow } from "../reserved-position.ts";
import type { StatementRunner } from "../statement-runner.ts";
import type { SharedStatement } from "../transaction-batches.ts";
import { forEachKey } from "./for-each.ts";

const findServerKey = forEachKey<{ server: string; keyId: string }, ServerKeyRow, ServerKeyRow | undefined>({
  name: "server_keys.find",
  parameters: { server_name: "text", key_id: "text" },
  select: `SELECT key_id, public_key, valid_until, expired_at, fetched_at FROM server_keys row
    WHERE row.server_name = asked.server_name AND row.key_id = asked.key_id`,
  values: ({ server, keyId }) => [server, keyId],
  answer: ([row]) => row,
});

const findDone = forEachKey<{ origin: string; transactionId: string }, { done: number }, number | undefined>({
  name: "received_transactions.find",
  parameters: { origin: "text", transaction_id: "text" },
  select: `SELECT done FROM received_transactions row
    WHERE row.origin = asked.origin AND row.transaction_id = asked.transaction_id`,
  values: ({ origin, transactionId }) => [origin, transactionId],
  answer: ([row]) => row?.done,
});

interface ReceivedMessage {
  readonly origin: string;
  readonly messageId: string;
  readonly receivedAt: number;
}

const rememberText = `INSERT INTO received_messages (origin, message_id, received_at)
  SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
  ON CONFLICT DO NOTHING RETURNING origin, message_id`;

const rememberMessages: SharedStatement<ReceivedMessage, boolean> = {
  writes: true,
  async run(query, messages) {
    // Equal ones are one row, which the first of them has made. In one order, so that no two wait for each other.
    const ordered = messages.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
    const { rows } = await query<{ origin: string; message_id: string }>("received_messages.remember", rememberText, [
      ordered.map(({ origin }) => origin),
      ordered.map(({ messageId }) => messageId),
      ordered.map(({ receivedAt }) => receivedAt),
    ]);
    const remembered = new Set(rows.map((row) => nameOf({ origin: row.origin, messageId: row.message_id })));
    return messages.map((message) => remembered.delete(nameOf(message)));
  },
};

const queue: SharedStatement<NewServerMessageRow, undefined> = {
  writes: true,
  async run(query, messages) {
    const text = `INSERT INTO federation_messages (destination, position, edu, queued_at)
      SELECT destination, (SELECT position FROM stream WHERE id = 1) - below, edu, queued_at
      FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[]) AS message(destination, below, edu, queued_at)`;
    await query("federation_messages.add", text, [
      messages.map(({ destination }) => destination),
      messages.map(({ position }) => placeBelow(position)),
      messages.map(({ edu }) => edu),
      messages.map(({ queued_at }) => queued_at),
    ]);
    return messages.map(() => undefined);
  },
};

// Who forgets waits for nobody who removes.
const forgetText = `DELETE FROM federation_messages WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM federation_messages WHERE queued_at < $1 ORDER BY queued_at LIMIT $2 FOR UPDATE SKIP LOCKED))`;
const forgetOldestText = `DELETE FROM federation_messages WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM federation_messages WHERE destination = $1 AND position <= (SELECT position
    FROM federation_messages WHERE destination = $1 ORDER BY position DESC LIMIT 1 OFFSET $2)
  FOR UPDATE SKIP LOCKED))`;

/** What a message from or to another server asks and writes on its way. */
export function federationStatements(runner: StatementRunner): FederationStatements {
  return {
    findServerKey: (server, keyId) => runner.together(findServerKey, { server, keyId }),
    findDone: (origin, transactionId) => runner.together(findDone, { origin, transactionId }),
    rememberMessage: (origin, messageId, receivedAt) =>
      runner.together(rememberMessages, { origin, messageId, receivedAt }),
    queueForServer: (message) => runner.together(queue, message),
    async forgetServerMessages(before, limit) {
      return (await runner.write("federation_messages.forget", forgetText, [before, limit])).count;
    },
    async forgetOldestServerMessages(destination, kept) {
      return (await runner.write("federation_messages.forget-oldest", forgetOldestText, [destination, kept])).count;
    },
  };
}

/** No id has this character (it cannot be stored). */
function nameOf({ origin, messageId }: Pick<ReceivedMessage, "origin" | "messageId">): string {
  return `${origin}\0${messageId}`;
}
