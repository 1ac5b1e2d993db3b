import assert from "node:assert/strict";
import { hash } from "node:crypto";
import type { DatabasePlace } from "../../src/adapters/sql/open-database.ts";
import { relationOf } from "../../src/domain/rooms/relation-of.ts";
import { ReplayedRoom } from "./replayed-room.ts";
import { type AnyRow, type EventRow, type RoomRows, readRoomRows } from "./room-rows.ts";
import { problemsOfRedactions, problemsOfSent, problemsOfSnapshots, problemsOfTyping } from "./stored-beside-events.ts";

/** What stands for the end of a stay that has not ended. */
const stillThere = Number.MAX_SAFE_INTEGER;

/**
 * Makes everything that is stored of rooms anew from their events alone, and fails where the database has something else.
 * Servers may run meanwhile.
 *
 * @param answered ids of events that were answered: they are there
 */
export async function assertRoomsAgree(place: DatabasePlace, answered: readonly string[] = []): Promise<void> {
  const rows = await readRoomRows(place);
  const stored = new Set(rows.events.map(({ event_id }) => event_id));
  const lost = answered
    .filter((eventId) => !stored.has(eventId))
    .map((eventId) => `${eventId} was answered and is lost`);
  const problems = [...lost, ...problemsOfRooms(rows)];
  assert.deepEqual(problems, [], `${problems.length} things of rooms disagree with the events`);
}

export function problemsOfRooms(rows: RoomRows): string[] {
  const eventsOf = Map.groupBy(rows.events, ({ room_id }) => room_id);
  const problems = rows.rooms.flatMap(({ room_id }) => problemsOfRoom(rows, room_id, eventsOf.get(room_id) ?? []));
  const known = new Set(rows.rooms.map(({ room_id }) => room_id));
  for (const [name, table] of Object.entries(rows)) {
    if (!Array.isArray(table)) continue;
    for (const { room_id } of table) if (!known.has(room_id)) problems.push(`${name} is of no room: ${room_id}`);
  }
  for (const { position, event_id } of rows.events) {
    if (position !== null && position > rows.position) problems.push(`${event_id} stands behind the end of the stream`);
  }
  return [...problems, ...problemsOfSent(rows), ...problemsOfTyping(rows)];
}

function problemsOfRoom(rows: RoomRows, roomId: string, events: readonly EventRow[]): string[] {
  const room = rows.rooms.find(({ room_id }) => room_id === roomId)!;
  const replayed = new ReplayedRoom(room);
  const timeline = events.filter(({ position }) => position !== null);
  for (const event of timeline) replayed.add(event);
  const own = (table: readonly AnyRow[]) => table.filter(({ room_id }) => room_id === roomId);
  const compare = new Comparison(roomId);
  compare.equal("head", headOf(rows, replayed), expectedHead(replayed));
  compare.rows("forward extremities", own(rows.extremities), ["event_id", "depth"], lastOf(replayed));
  compare.rows("state", own(rows.state), ["type", "state_key", "event_id", "position"], stateRows(replayed));
  compare.rows("members", own(rows.members), ["user_id", "membership", "event_id", "position"], memberRows(replayed));
  compare.rows("stays", own(rows.stays), ["user_id", "joined_at", "left_at"], stayRows(replayed));
  compare.rows("relations", own(rows.relations), relationColumns, relationRows(timeline));
  compare.rows("threads", own(rows.threads), threadColumns, threadRows(timeline));
  compare.rows(
    "receipts",
    own(rows.receipts),
    ["event_id", "event_position"],
    receiptRows(own(rows.receipts), timeline),
  );
  return [
    ...replayed.problems,
    ...compare.problems,
    ...problemsOfSnapshots(rows, replayed),
    ...problemsOfRedactions(timeline),
  ];
}

/** Collects what differs. */
class Comparison {
  readonly problems: string[] = [];
  readonly #roomId: string;

  constructor(roomId: string) {
    this.#roomId = roomId;
  }

  equal(what: string, stored: unknown, expected: unknown): void {
    const [one, other] = [JSON.stringify(stored), JSON.stringify(expected)];
    if (one !== other) this.problems.push(`${this.#roomId}: ${what} is ${one}, and should be ${other}`);
  }

  /** In whatever order. */
  rows(what: string, stored: readonly AnyRow[], columns: readonly string[], expected: readonly unknown[][]): void {
    const has = new Set(stored.map((row) => JSON.stringify(columns.map((column) => row[column]))));
    const wanted = new Set(expected.map((row) => JSON.stringify(row)));
    for (const row of has.difference(wanted)) this.problems.push(`${this.#roomId}: ${what} has ${row}`);
    for (const row of wanted.difference(has)) this.problems.push(`${this.#roomId}: ${what} has not ${row}`);
  }
}

function headOf({ snapshots }: RoomRows, { room, last }: ReplayedRoom): object {
  const { depth, state_after, joined_members, invited_members, event_position } = room;
  const newest = snapshots.filter(({ room_id }) => room_id === room.room_id).map(({ snapshot_id }) => snapshot_id);
  return {
    ...{ depth, state: state_after === (last?.state_after ?? null), joined_members, invited_members, event_position },
    isNewest: room.last_snapshot === newest.reduce((most, id) => Math.max(most, id), 0),
  };
}

function expectedHead({ last, memberships }: ReplayedRoom): object {
  const count = (wanted: string) => [...memberships.values()].filter(({ membership }) => membership === wanted).length;
  return {
    ...{ depth: last?.depth, state: true, joined_members: count("join"), invited_members: count("invite") },
    ...{ event_position: last?.position, isNewest: true },
  };
}

function lastOf({ last }: ReplayedRoom): unknown[][] {
  return last ? [[last.event_id, last.depth]] : [];
}

function stateRows({ state }: ReplayedRoom): unknown[][] {
  return [...state.values()].map(({ type, state_key, event_id, position }) => [type, state_key, event_id, position]);
}

function memberRows({ memberships }: ReplayedRoom): unknown[][] {
  return [...memberships].map(([userId, { membership, event }]) => [
    userId,
    membership,
    event.event_id,
    event.position,
  ]);
}

function stayRows({ stays }: ReplayedRoom): unknown[][] {
  return [...stays].flatMap(([userId, all]) =>
    all.map(({ joinedAt, leftAt }) => [userId, joinedAt, leftAt ?? stillThere]),
  );
}

const relationColumns = ["event_id", "parent_id", "rel_type", "type", "sender", "depth", "position", "key_digest"];

function relationRows(timeline: readonly EventRow[]): unknown[][] {
  return relatedIn(timeline).map(({ event, relation: { parentId, relType, key } }) => {
    const digest = key === undefined ? null : hash("sha256", key, "base64url");
    return [event.event_id, parentId, relType, event.type, event.sender, event.depth, event.position, digest];
  });
}

function relatedIn(timeline: readonly EventRow[]) {
  return timeline.flatMap((event) => {
    const relation = event.redacted_by === null ? relationOf(JSON.parse(event.content)) : undefined;
    return relation ? [{ event, relation }] : [];
  });
}

const threadColumns = ["root_id", "sender", "events", "last_depth", "last_position"];

/** Of each thread, and of each of its senders: how many events it has, and the place of the last one. */
function threadRows(timeline: readonly EventRow[]): unknown[][] {
  const inThreads = relatedIn(timeline).filter(({ relation }) => relation.relType === "m.thread");
  const parts = inThreads.flatMap(({ event, relation: { parentId } }) =>
    ["", event.sender].map((sender) => ({ event, parentId, sender })),
  );
  const byPart = Map.groupBy(parts, ({ parentId, sender }) => JSON.stringify([parentId, sender]));
  return [...byPart].map(([part, all]) => {
    const places = all.map(({ event }) => [event.depth, event.position ?? 0] as const);
    const [depth, position] = places.reduce((one, other) => (isBefore(one, other) ? other : one));
    return [...JSON.parse(part), all.length, depth, position];
  });
}

type Place = readonly [depth: number, position: number];

function isBefore([depth, position]: Place, [otherDepth, otherPosition]: Place): boolean {
  return depth < otherDepth || (depth === otherDepth && position < otherPosition);
}

/** A receipt is of an event of the room, and knows its place. */
function receiptRows(receipts: readonly AnyRow[], timeline: readonly EventRow[]): unknown[][] {
  const positions = new Map(timeline.map(({ event_id, position }) => [event_id, position]));
  return receipts.map((receipt) => [receipt["event_id"], positions.get(String(receipt["event_id"]))]);
}
