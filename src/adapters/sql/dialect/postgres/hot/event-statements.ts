import { type AppendedEvent, type EventRow, type EventStatements, eventColumns } from "../../room-statements.ts";
import type { StatementRunner } from "../statement-runner.ts";
import type { SharedStatement } from "../transaction-batches.ts";
import { appendEvents } from "./append-events.ts";
import { forEachKey } from "./for-each.ts";

const listEvents: SharedStatement<readonly string[], EventRow[]> = {
  writes: false,
  async run(query, lists) {
    const text = `SELECT ${eventColumns} FROM events event WHERE event.event_id = ANY ($1::text[])`;
    const { rows } = await query<EventRow>("events.list", text, [[...new Set(lists.flat())]]);
    const found = new Map(rows.map((row) => [row.event_id, row]));
    return lists.map((eventIds) => [...new Set(eventIds)].flatMap((eventId) => found.get(eventId) ?? []));
  },
};

const listNewest = forEachKey<
  { roomId: string; since: number; upTo: number; limit: number },
  EventRow,
  readonly EventRow[]
>({
  name: "events.newest",
  parameters: { room_id: "text", since: "bigint", up_to: "bigint", most: "int" },
  select: `SELECT ${eventColumns} FROM events event
    WHERE event.room_id = asked.room_id AND event.position > asked.since AND event.position <= asked.up_to
    ORDER BY event.position DESC LIMIT asked.most`,
  order: "position DESC",
  values: ({ roomId, since, upTo, limit }) => [roomId, since, upTo, limit],
  answer: (rows) => rows,
});

/** The events of rooms. */
export function eventStatements(runner: StatementRunner): EventStatements {
  return {
    listEvents: (eventIds) => runner.together(listEvents, eventIds),
    append: (appended: AppendedEvent) => runner.together(appendEvents, appended),
    listNewest: (roomId, since, upTo, limit) => runner.together(listNewest, { roomId, since, upTo, limit }),
  };
}
