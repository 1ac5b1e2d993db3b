import { type AppendedEvent, stillThere } from "../../room-statements.ts";
import { placeBelow } from "../reserved-position.ts";
import type { RunQuery, SharedStatement } from "../transaction-batches.ts";
import { addRelations } from "./append-relations.ts";

const last = "(SELECT position FROM stream WHERE id = 1)";

const eventsText = `INSERT INTO events (event_id, room_id, position, depth, type, state_key, sender, origin_server_ts,
    content, envelope, state_before, state_after, replaces_event_id, is_outlier, is_rejected, is_soft_failed)
  SELECT event_id, room_id, ${last} - below, depth, type, state_key, sender, origin_server_ts, content, envelope,
    state_before, state_after, replaces_event_id, 0, 0, 0
  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bigint[],
      $9::text[], $10::text[], $11::bigint[], $12::bigint[], $13::text[])
    AS added(event_id, room_id, below, depth, type, state_key, sender, origin_server_ts, content, envelope,
      state_before, state_after, replaces_event_id)`;

// An event that is new cannot be among the extremities that go.
const roomsText = `WITH newest AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
      $8::bigint[], $9::bigint[])
    AS newest(room_id, event_id, event_depth, below, depth, state_after, last_snapshot, joined_members, invited_members)),
  moved AS (
    UPDATE rooms SET event_position = ${last} - newest.below, depth = newest.depth, state_after = newest.state_after,
      last_snapshot = newest.last_snapshot, joined_members = newest.joined_members,
      invited_members = newest.invited_members
    FROM newest WHERE rooms.room_id = newest.room_id),
  followed AS (DELETE FROM forward_extremities row WHERE row.room_id = ANY ($1::text[]))
  INSERT INTO forward_extremities (room_id, event_id, depth) SELECT room_id, event_id, event_depth FROM newest`;

const stateText = `INSERT INTO room_state (room_id, type, state_key, event_id, position)
  SELECT room_id, type, state_key, event_id, ${last} - below
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
    AS state(room_id, type, state_key, event_id, below)
  ON CONFLICT (room_id, type, state_key) DO UPDATE SET event_id = excluded.event_id, position = excluded.position`;

const membersText = `INSERT INTO room_members (user_id, room_id, membership, event_id, position, is_forgotten)
  SELECT user_id, room_id, membership, event_id, ${last} - below, 0
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
    AS member(user_id, room_id, membership, event_id, below)
  ON CONFLICT (user_id, room_id) DO UPDATE SET membership = excluded.membership, event_id = excluded.event_id,
    position = excluded.position, is_forgotten = 0`;

const beginText = `INSERT INTO room_stays (user_id, room_id, joined_at, left_at)
  SELECT user_id, room_id, ${last} - joined_below, coalesce(${last} - left_below, ${stillThere})
  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS stay(user_id, room_id, joined_below, left_below)`;

const endText = `UPDATE room_stays SET left_at = ${last} - stay.left_below
  FROM unnest($1::text[], $2::text[], $3::bigint[]) AS stay(user_id, room_id, left_below)
  WHERE room_stays.user_id = stay.user_id AND room_stays.room_id = stay.room_id AND room_stays.left_at = ${stillThere}`;

const sentText = `INSERT INTO sent_events (user_id, device_id, txn_id, room_id, event_type, event_id, sent_at)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])`;

/**
 * Statements that are sent at once: from the moment that positions are reserved everybody else's stream waits. A unit may
 * append several events to a room; of what only the newest says, a statement has but one row.
 */
export const appendEvents: SharedStatement<AppendedEvent, undefined> = {
  writes: true,
  async run(query, appended) {
    await Promise.all([
      addEvents(query, appended),
      moveRooms(query, appended),
      putState(query, appended),
      putMembers(query, appended),
      ...putStays(query, appended),
      ...addRelations(query, appended),
      addSent(query, appended),
    ]);
    return appended.map(() => undefined);
  },
};

function addEvents(query: RunQuery, appended: readonly AppendedEvent[]): Promise<unknown> {
  const events = appended.map(({ event }) => event);
  return query("events.add", eventsText, [
    events.map((event) => event.event_id),
    events.map((event) => event.room_id),
    events.map((event) => placeBelow(event.position)),
    events.map((event) => event.depth),
    events.map((event) => event.type),
    events.map((event) => event.state_key),
    events.map((event) => event.sender),
    events.map((event) => event.origin_server_ts),
    events.map((event) => event.content),
    events.map((event) => event.envelope),
    events.map((event) => event.state_before),
    events.map((event) => event.state_after),
    events.map((event) => event.replaces_event_id),
  ]);
}

function moveRooms(query: RunQuery, appended: readonly AppendedEvent[]): Promise<unknown> {
  const newest = [...new Map(appended.map((each) => [each.event.room_id, each])).values()];
  return query("rooms.move", roomsText, [
    newest.map(({ event }) => event.room_id),
    newest.map(({ event }) => event.event_id),
    newest.map(({ event }) => event.depth),
    newest.map(({ event }) => placeBelow(event.position)),
    newest.map(({ head }) => head.depth),
    newest.map(({ head }) => head.state_after),
    newest.map(({ head }) => head.last_snapshot),
    newest.map(({ head }) => head.joined_members),
    newest.map(({ head }) => head.invited_members),
  ]);
}

async function putState(query: RunQuery, appended: readonly AppendedEvent[]): Promise<void> {
  const ofState = appended.flatMap(({ event }) => (event.state_key === null ? [] : [event]));
  // No room id and no type has this character (it cannot be stored).
  const newest = new Map(ofState.map((event) => [[event.room_id, event.type, event.state_key].join("\0"), event]));
  const events = [...newest.values()];
  if (events.length === 0) return;
  await query("room_state.put", stateText, [
    events.map((event) => event.room_id),
    events.map((event) => event.type),
    events.map((event) => event.state_key),
    events.map((event) => event.event_id),
    events.map((event) => placeBelow(event.position)),
  ]);
}

async function putMembers(query: RunQuery, appended: readonly AppendedEvent[]): Promise<void> {
  const changes = appended.flatMap(({ event, member }) => (member ? [{ event, member }] : []));
  const newest = new Map(changes.map((change) => [stayName(change.member.user_id, change.event.room_id), change]));
  const members = [...newest.values()];
  if (members.length === 0) return;
  await query("room_members.put", membersText, [
    members.map(({ member }) => member.user_id),
    members.map(({ event }) => event.room_id),
    members.map(({ member }) => member.membership),
    members.map(({ event }) => event.event_id),
    members.map(({ event }) => placeBelow(event.position)),
  ]);
}

interface Stay {
  readonly userId: string;
  readonly roomId: string;
  readonly joinedBelow: number | undefined;
  leftBelow: number | undefined;
}

/** Stays that begin, with their end where it is among these events too, and the ends of those that began earlier. */
function putStays(query: RunQuery, appended: readonly AppendedEvent[]): Promise<unknown>[] {
  const stays = listStays(appended);
  const begun = stays.filter(({ joinedBelow }) => joinedBelow !== undefined);
  const ended = stays.filter(({ joinedBelow }) => joinedBelow === undefined);
  const queries: Promise<unknown>[] = [];
  // Earlier ones end first: who leaves and comes back has one that lasts.
  if (ended.length > 0) {
    const columns = [ended.map((stay) => stay.userId), ended.map((stay) => stay.roomId)];
    queries.push(query("room_stays.end", endText, [...columns, ended.map((stay) => stay.leftBelow)]));
  }
  if (begun.length > 0) {
    const columns = [begun.map((stay) => stay.userId), begun.map((stay) => stay.roomId)];
    const places = [begun.map((stay) => stay.joinedBelow), begun.map((stay) => stay.leftBelow ?? null)];
    queries.push(query("room_stays.begin", beginText, [...columns, ...places]));
  }
  return queries;
}

function listStays(appended: readonly AppendedEvent[]): Stay[] {
  const stays: Stay[] = [];
  const open = new Map<string, Stay>();
  for (const { event, member } of appended) {
    if (!member?.stay) continue;
    const below = placeBelow(event.position);
    const name = stayName(member.user_id, event.room_id);
    const begun = open.get(name);
    if (member.stay === "ends" && begun) {
      begun.leftBelow = below;
      open.delete(name);
      continue;
    }
    const place =
      member.stay === "begins"
        ? { joinedBelow: below, leftBelow: undefined }
        : { joinedBelow: undefined, leftBelow: below };
    const stay: Stay = { userId: member.user_id, roomId: event.room_id, ...place };
    stays.push(stay);
    if (member.stay === "begins") open.set(name, stay);
  }
  return stays;
}

/** No id has this character (it cannot be stored). */
function stayName(userId: string, roomId: string): string {
  return `${userId}\0${roomId}`;
}

async function addSent(query: RunQuery, appended: readonly AppendedEvent[]): Promise<void> {
  const sent = appended.flatMap(({ event, sent }) => (sent ? [{ ...sent, event_id: event.event_id }] : []));
  if (sent.length === 0) return;
  await query("sent_events.add", sentText, [
    sent.map((row) => row.user_id),
    sent.map((row) => row.device_id),
    sent.map((row) => row.txn_id),
    sent.map((row) => row.room_id),
    sent.map((row) => row.event_type),
    sent.map((row) => row.event_id),
    sent.map((row) => row.sent_at),
  ]);
}
