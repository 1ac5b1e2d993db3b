import type { SentEventRow, SentEventStatements } from "../../room-statements.ts";
import type { StatementRunner } from "../statement-runner.ts";
import { forEachKey } from "./for-each.ts";

const findSent = forEachKey<SentEventRow, { event_id: string }, string | undefined>({
  name: "sent_events.find",
  parameters: { user_id: "text", device_id: "text", txn_id: "text", room_id: "text", event_type: "text" },
  select: `SELECT event_id FROM sent_events row WHERE row.user_id = asked.user_id AND row.device_id = asked.device_id
    AND row.txn_id = asked.txn_id AND row.room_id = asked.room_id AND row.event_type = asked.event_type`,
  values: (sent) => [sent.user_id, sent.device_id, sent.txn_id, sent.room_id, sent.event_type],
  answer: ([row]) => row?.event_id,
});

const findTransaction = forEachKey<SentBy, SentId, readonly SentId[]>({
  name: "sent_events.of-event",
  parameters: { event_id: "text", user_id: "text", device_id: "text" },
  select: `SELECT event_id, txn_id FROM sent_events row
    WHERE row.event_id = asked.event_id AND row.user_id = asked.user_id AND row.device_id = asked.device_id`,
  values: ({ eventId, userId, deviceId }) => [eventId, userId, deviceId],
  answer: (rows) => rows,
});

interface SentBy {
  readonly eventId: string;
  readonly userId: string;
  readonly deviceId: string;
}

interface SentId {
  readonly event_id: string;
  readonly txn_id: string;
}

/** Which events devices have sent. */
export function sentEventStatements(runner: StatementRunner): SentEventStatements {
  return {
    findSent: (transaction) => runner.together(findSent, transaction),
    async listSent({ userId, deviceId }, eventIds) {
      const find = (eventId: string) => runner.together(findTransaction, { eventId, userId, deviceId });
      return (await Promise.all(eventIds.map(find))).flat();
    },
  };
}
