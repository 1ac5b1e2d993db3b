import { type RawBuilder, sql } from "kysely";
import type {
  EventsOfRoom,
  Reader,
  RelationStore,
  ThreadSummary,
} from "../../../domain/room-timelines/relation-store.ts";
import type { TimelinePlace } from "../../../domain/rooms/event-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import { everySender } from "../dialect/room-statements.ts";
import type { SqlSession } from "../session.ts";
import { padded } from "./padded-list.ts";

type ThreadReadings = Pick<RelationStore, "listThreads" | "listNewestThreads" | "listThreaded">;

/** Rows that one statement looks at: few ms of work. */
const mostAtOnce = 4096;

interface SummaryRow {
  readonly root_id: string;
  readonly last_depth: number;
  readonly last_position: number;
  readonly events: number | string;
  readonly is_own: number;
  readonly latest_id: string | null;
}

interface PartRow {
  readonly root_id: string;
  readonly events: number | string;
  readonly latest_id: string;
}

/** Threads are summed up as they grow, by sender: whoever reads of one does not count what is in it. */
export function threadReadings(session: SqlSession): ThreadReadings {
  const { db } = session;
  const all = <Row>(name: string, query: RawBuilder<Row>) => session.all(name, { compile: () => query.compile(db) });
  return {
    async listThreads({ roomId, eventIds }, reader, mostCounted) {
      const summaries: SummaryRow[] = [];
      const giveWay = session.givingWay();
      for (const rootIds of chunksOf(eventIds, reader.ignored.length + 1)) {
        await giveWay();
        summaries.push(...(await all("threads.list", summariesOf({ roomId, eventIds: rootIds }, reader))));
      }
      const { upTo } = reader;
      const isLonger = (row: SummaryRow) => upTo !== undefined && isBehind(row, upTo);
      const parts = new Map<string, PartRow>();
      const longer = summaries.filter(isLonger).map((row) => row.root_id as EventId);
      for (const rootIds of chunksOf(longer, mostCounted + reader.ignored.length)) {
        await giveWay();
        const found = await all("threads.parts", partsOf({ roomId, eventIds: rootIds }, reader, mostCounted));
        for (const row of found) parts.set(row.root_id, row);
      }
      return summaries.flatMap((row) => {
        const part = isLonger(row) ? parts.get(row.root_id) : row;
        return part ? summaryOf(row, part) : [];
      });
    },
    async listNewestThreads(roomId, from, limit) {
      const rows = await all(
        "threads.newest",
        sql<ThreadedRow>`SELECT root_id, last_depth AS depth, last_position AS position FROM threads
          WHERE room_id = ${roomId} AND sender = ${sql.lit(everySender)}
            AND (last_depth, last_position) <= (${from.depth}, ${from.position})
          ORDER BY last_depth DESC, last_position DESC LIMIT ${limit}`,
      );
      return rows.map(placeOf);
    },
    async listThreaded(roomId, from, end, limit) {
      const rows = await all("event_relations.threaded", threadedIn(roomId, from, end, limit));
      return rows.map((row) => ({ ...placeOf(row), isLast: row.is_last === 1 }));
    },
  };
}

/** So many at once that what is looked at, so much for each, is not too much. */
function* chunksOf(eventIds: readonly EventId[], each: number): Iterable<readonly EventId[]> {
  const length = Math.max(1, Math.floor(mostAtOnce / each));
  for (let start = 0; start < eventIds.length; start += length) yield eventIds.slice(start, start + length);
}

function isBehind({ last_depth, last_position }: SummaryRow, { depth, position }: TimelinePlace): boolean {
  return last_depth > depth || (last_depth === depth && last_position > position);
}

function summaryOf({ root_id, is_own }: SummaryRow, { events, latest_id }: SummaryRow | PartRow): ThreadSummary[] {
  const count = Number(events);
  if (count === 0 || latest_id === null) return [];
  return [{ rootId: root_id as EventId, count, latestId: latest_id as EventId, isOwn: is_own === 1 }];
}

/** Of all that is in them: what ignored users have sent is taken off. */
function summariesOf({ roomId, eventIds }: EventsOfRoom, { userId, ignored }: Reader): RawBuilder<SummaryRow> {
  const inThread = sql`part.room_id = thread.room_id AND part.root_id = thread.root_id`;
  const unheard = sql`(SELECT COALESCE(SUM(part.events), 0) FROM threads part
    WHERE ${inThread} AND part.sender IN (${listOf(ignored)}))`;
  const lastHeard = sql`(SELECT part.last_position FROM threads part
    WHERE ${inThread} AND part.sender NOT IN (${listOf([everySender, ...ignored])})
    ORDER BY part.last_depth DESC, part.last_position DESC LIMIT 1)`;
  const [less, last] = ignored.length === 0 ? [sql`0`, sql`thread.last_position`] : [unheard, lastHeard];
  return sql`SELECT thread.root_id, thread.last_depth, thread.last_position, thread.events - ${less} AS events,
      CASE WHEN EXISTS (SELECT 1 FROM threads part WHERE ${inThread} AND part.sender = ${userId}) THEN 1 ELSE 0 END AS is_own,
      (SELECT event.event_id FROM events event WHERE event.position = ${last}) AS latest_id
    FROM threads thread
    WHERE thread.room_id = ${roomId} AND thread.root_id IN (${listOf(eventIds)}) AND thread.sender = ${everySender}`;
}

/** Of what is in them up to a place, the newest so many alone. */
function partsOf(
  { roomId, eventIds }: EventsOfRoom,
  { ignored, upTo }: Reader,
  mostCounted: number,
): RawBuilder<PartRow> {
  const heard = ignored.length === 0 ? sql`` : sql`AND event.sender NOT IN (${listOf(ignored)})`;
  const before = upTo ? sql`AND (event.depth, event.position) <= (${upTo.depth}, ${upTo.position})` : sql``;
  const newestOf = (thread: string) => sql`FROM event_relations event
    WHERE event.parent_id = ${sql.ref(thread)} AND event.room_id = ${roomId} AND event.rel_type = 'm.thread' ${before}`;
  const newestFirst = sql`ORDER BY event.depth DESC, event.position DESC`;
  // Counted once: otherwise SQLite does so wherever the number is asked for.
  return sql`WITH page AS MATERIALIZED (
      SELECT thread.root_id,
        (SELECT COUNT(*) FROM (SELECT event.sender ${newestOf("thread.root_id")} ${newestFirst} LIMIT ${mostCounted}) event
          WHERE 1 = 1 ${heard}) AS events
      FROM threads thread
      WHERE thread.room_id = ${roomId} AND thread.root_id IN (${listOf(eventIds)}) AND thread.sender = ${everySender})
    SELECT page.root_id, page.events,
      (SELECT event.event_id ${newestOf("page.root_id")} ${heard} ${newestFirst} LIMIT 1) AS latest_id
    FROM page WHERE page.events > 0`;
}

interface ThreadedRow {
  readonly root_id: string;
  readonly depth: number;
  readonly position: number;
  readonly is_last: number;
}

function threadedIn(roomId: RoomId, from: TimelinePlace, end: TimelinePlace, limit: number): RawBuilder<ThreadedRow> {
  return sql`SELECT event.parent_id AS root_id, event.depth, event.position,
      CASE WHEN EXISTS (SELECT 1 FROM event_relations later
        WHERE later.parent_id = event.parent_id AND later.room_id = event.room_id AND later.rel_type = 'm.thread'
          AND (later.depth, later.position) > (event.depth, event.position)
          AND (later.depth, later.position) <= (${end.depth}, ${end.position})) THEN 0 ELSE 1 END AS is_last
    FROM event_relations event
    WHERE event.room_id = ${roomId} AND event.rel_type = 'm.thread'
      AND (event.depth, event.position) <= (${from.depth}, ${from.position})
    ORDER BY event.depth DESC, event.position DESC LIMIT ${limit}`;
}

function placeOf({ root_id, depth, position }: ThreadedRow) {
  return { rootId: root_id as EventId, place: { depth, position } };
}

function listOf(items: readonly string[]): RawBuilder<unknown> {
  return sql.join(padded(items));
}
