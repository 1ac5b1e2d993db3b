import { sql } from "kysely";
import { everySender } from "../dialect/room-statements.ts";
import type { SqlSession } from "../session.ts";

/** Takes away what an event relates to. A thread that it was in has one event less, and another last one if it was that. */
export async function endRelation(session: SqlSession, eventId: string): Promise<void> {
  const { db } = session;
  const ofEvent = db
    .selectFrom("event_relations")
    .select(["parent_id", "room_id", "rel_type", "sender"])
    .where("event_id", "=", eventId);
  const relation = await session.first("event_relations.of-event", ofEvent);
  if (!relation) return;
  await session.run("event_relations.remove", db.deleteFrom("event_relations").where("event_id", "=", eventId));
  if (relation.rel_type !== "m.thread") return;
  const { parent_id: rootId, room_id: roomId, sender } = relation;
  const emptied = db
    .deleteFrom("threads")
    .where("room_id", "=", roomId)
    .where("root_id", "=", rootId)
    .where("sender", "in", [everySender, sender])
    .where("events", "=", 1);
  await session.run("threads.remove", emptied);
  for (const [whose, onlyBy] of [
    [everySender, sql``],
    [sender, sql`AND sender = ${sender}`],
  ] as const) {
    const shorter = sql`UPDATE threads SET events = events - 1, (last_depth, last_position) = (
        SELECT depth, position FROM event_relations
        WHERE parent_id = ${rootId} AND room_id = ${roomId} AND rel_type = 'm.thread' ${onlyBy}
        ORDER BY depth DESC, position DESC LIMIT 1)
      WHERE room_id = ${roomId} AND root_id = ${rootId} AND sender = ${whose}`;
    const name = whose === everySender ? "threads.shorten" : "threads.shorten-of-sender";
    await session.run(name, { compile: () => shorter.compile(db) });
  }
}
