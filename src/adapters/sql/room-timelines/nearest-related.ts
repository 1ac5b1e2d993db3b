import { type RawBuilder, sql } from "kysely";
import type { EventsOfRoom, RelationChoice, TimelineRange } from "../../../domain/room-timelines/relation-store.ts";
import type { TimelinePlace } from "../../../domain/rooms/event-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import type { SqlSession } from "../session.ts";

/** Rows that one statement looks at, where all that it looks at is wanted: some ms of work. */
const mostRows = 4096;
const mostParentsAtOnce = 64;

interface RelatedRow extends TimelinePlace {
  readonly event_id: string;
}

/** The ends of a range, or of what is left of it. */
interface Bounds {
  readonly after: TimelinePlace | undefined;
  readonly upTo: TimelinePlace | undefined;
}

/**
 * The ids of what relates to any of these events, the nearest first. Of each parent an index gives the nearest ones, so that
 * the rest of what relates to it is not looked at.
 *
 * @param name of the statement
 * @param mostOfEach of one parent
 */
export async function listNearestRelated(
  session: SqlSession,
  name: string,
  parents: EventsOfRoom,
  only: RelationChoice,
  range: TimelineRange,
  { limit, mostOfEach = limit }: { readonly limit: number; readonly mostOfEach?: number },
): Promise<EventId[]> {
  if (limit < 1) return [];
  const isBackward = range.direction === "backward";
  let bounds: Bounds = isBackward ? { after: range.to, upTo: range.from } : { after: range.from, upTo: range.to };
  const atOnce = Math.max(1, Math.min(Math.floor(mostRows / mostOfEach), mostParentsAtOnce));
  const giveWay = session.givingWay();
  let nearest: RelatedRow[] = [];
  for (let start = 0; start < parents.eventIds.length; start += atOnce) {
    await giveWay();
    const eventIds = parents.eventIds.slice(start, start + atOnce);
    const some = relatedTo({ ...parents, eventIds }, only, bounds, { isBackward, limit, mostOfEach });
    const found = await session.all(name, { compile: () => some.compile(session.db) });
    nearest = [...nearest, ...found].sort((one, other) => compare(one, other) * (isBackward ? -1 : 1)).slice(0, limit);
    const last = nearest[limit - 1];
    // Of the other parents only what is nearer than that is still wanted.
    if (last) bounds = isBackward ? { ...bounds, after: last } : { ...bounds, upTo: last };
  }
  return nearest.map((row) => row.event_id as EventId);
}

function compare(one: TimelinePlace, other: TimelinePlace): number {
  return one.depth - other.depth || one.position - other.position;
}

interface Nearness {
  readonly isBackward: boolean;
  readonly limit: number;
  readonly mostOfEach: number;
}

function relatedTo(
  { roomId, eventIds }: EventsOfRoom,
  { relType, type }: RelationChoice,
  { after, upTo }: Bounds,
  { isBackward, limit, mostOfEach }: Nearness,
): RawBuilder<RelatedRow> {
  const order = isBackward ? sql`ORDER BY depth DESC, position DESC` : sql`ORDER BY depth, position`;
  const condition = sql`room_id = ${roomId} ${relType === undefined ? sql`` : sql`AND rel_type = ${relType}`}
    ${type === undefined ? sql`` : sql`AND type = ${type}`}
    ${after ? sql`AND (depth, position) > (${after.depth}, ${after.position})` : sql``}
    ${upTo ? sql`AND (depth, position) <= (${upTo.depth}, ${upTo.position})` : sql``}`;
  const ofEach = paddedWithNone(eventIds).map(
    (parentId) => sql`SELECT * FROM (SELECT event_id, depth, position FROM event_relations
      WHERE parent_id = ${parentId} AND ${condition} ${order} LIMIT ${mostOfEach}) page`,
  );
  return sql`SELECT event_id, depth, position FROM (${sql.join(ofEach, sql` UNION ALL `)}) page ${order} LIMIT ${limit}`;
}

/** Up to a power of two, so that few statements serve lists of every length; to what has no id nothing relates. */
function paddedWithNone(eventIds: readonly string[]): string[] {
  const length = 2 ** Math.ceil(Math.log2(eventIds.length));
  return [...eventIds, ...Array.from({ length: length - eventIds.length }, () => "")];
}
