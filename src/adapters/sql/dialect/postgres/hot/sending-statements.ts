import type { DeviceOwner } from "../../../../../domain/kernel/requester.ts";
import type { SendingStatements } from "../../hot-statements.ts";
import type { StatementRunner } from "../statement-runner.ts";
import type { SharedStatement } from "../transaction-batches.ts";
import { forEachKey } from "./for-each.ts";

interface SentTransaction {
  readonly sender: DeviceOwner;
  readonly eventType: string;
  readonly transactionId: string;
  readonly sentAt: number;
}

type SentRow = { user_id: string; device_id: string; event_type: string; txn_id: string };

const rememberText = `INSERT INTO to_device_sent (user_id, device_id, event_type, txn_id, sent_at)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
  ON CONFLICT DO NOTHING RETURNING user_id, device_id, event_type, txn_id`;

const rememberTransactions: SharedStatement<SentTransaction, boolean> = {
  writes: true,
  async run(query, sent) {
    // Equal ones are one row, which the first of them has made. In one order, so that no two wait for each other.
    const ordered = sent.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
    const { rows } = await query<SentRow>("to_device.remember", rememberText, [
      ordered.map(({ sender }) => sender.userId),
      ordered.map(({ sender }) => sender.deviceId),
      ordered.map(({ eventType }) => eventType),
      ordered.map(({ transactionId }) => transactionId),
      ordered.map(({ sentAt }) => sentAt),
    ]);
    const remembered = new Set(rows.map((row) => name(row.user_id, row.device_id, row.event_type, row.txn_id)));
    return sent.map((transaction) => remembered.delete(nameOf(transaction)));
  },
};

const listDeviceIds = forEachKey<string, { device_id: string }, string[]>({
  name: "devices.ids",
  parameters: { user_id: "text" },
  select: "SELECT device_id FROM devices row WHERE row.user_id = asked.user_id",
  values: (userId) => [userId],
  answer: (rows) => rows.map(({ device_id }) => device_id),
});

const areAcquainted = forEachKey<{ userId: string; other: string }, unknown, boolean>({
  name: "acquaintances.find",
  parameters: { user_id: "text", other: "text" },
  select: "SELECT 1 FROM acquaintances row WHERE row.user_id = asked.user_id AND row.other_user_id = asked.other",
  values: ({ userId, other }) => [userId, other],
  answer: (rows) => rows.length > 0,
});

/** What a message to devices asks before it is delivered. */
export function sendingStatements(runner: StatementRunner): SendingStatements {
  return {
    rememberTransaction: (sender, eventType, transactionId, sentAt) =>
      runner.together(rememberTransactions, { sender, eventType, transactionId, sentAt }),
    listDeviceIds: (userId) => runner.together(listDeviceIds, userId),
    areAcquainted: (userId, other) => runner.together(areAcquainted, { userId, other }),
  };
}

function nameOf({ sender, eventType, transactionId }: SentTransaction): string {
  return name(sender.userId, sender.deviceId, eventType, transactionId);
}

/** No id has this character (it cannot be stored). */
function name(...parts: readonly string[]): string {
  return parts.join("\0");
}
