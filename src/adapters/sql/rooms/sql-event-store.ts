import type { EventStore, MembershipChange, Relation } from "../../../domain/rooms/event-store.ts";
import type { NewMemberRow, NewRelationRow } from "../dialect/room-statements.ts";
import type { SqlSession } from "../session.ts";
import { annotationDigest } from "./annotation-digest.ts";
import { endRelation } from "./end-relation.ts";
import { eventReadings } from "./event-readings.ts";
import { eventOf, headRow, newEventRow, sentEventRow } from "./room-event-row.ts";

export function sqlEventStore(session: SqlSession): EventStore {
  const { db, hot } = session;
  return {
    ...eventReadings(session),
    async findEvent(eventId) {
      const [row] = await hot.listEvents([eventId]);
      return row && eventOf(row);
    },
    async listEvents(eventIds) {
      return (await hot.listEvents(eventIds)).map(eventOf);
    },
    async append(event, membership) {
      const member = membership && memberOf(membership);
      const relation = event.relation && relationRow(event.relation);
      const head = headRow(event.head);
      const sent = event.sent && { ...sentEventRow(event.sent.transaction), sent_at: event.sent.at };
      session.stream.add((position) =>
        hot.append({ event: newEventRow(event, position), head, member, relation, sent }),
      );
    },
    async redact({ eventId, redactedBy, content, envelope }) {
      const redacted = db
        .updateTable("events")
        .set({ redacted_by: redactedBy, content, envelope })
        .where("event_id", "=", eventId);
      await session.run("events.redact", redacted);
      await endRelation(session, eventId);
    },
  };
}

function relationRow({ parentId, relType, key }: Relation): NewRelationRow {
  return { parent_id: parentId, rel_type: relType, key_digest: key === undefined ? null : annotationDigest(key) };
}

function memberOf({ userId, before, after }: MembershipChange): NewMemberRow {
  return { user_id: userId, membership: after, stay: stayOf(before === "join", after === "join") };
}

function stayOf(wasThere: boolean, isThere: boolean): NewMemberRow["stay"] {
  if (wasThere === isThere) return undefined;
  return isThere ? "begins" : "ends";
}
