import {
  type AppendedEvent,
  type EventRow,
  type EventStatements,
  eventColumns,
  everySender,
  type NewEventRow,
  type NewMemberRow,
  type NewRelationRow,
  type RoomHeadRow,
  stillThere,
} from "../../room-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

/** The events of rooms. Many at once do not hold the event loop. */
export function eventStatements(connection: SqliteConnection): EventStatements {
  const find = connection.prepare<[string], EventRow>(
    "events.find",
    `SELECT ${eventColumns} FROM events event WHERE event.event_id = ?`,
  );
  const newest = connection.prepare<[string, number, number, number], EventRow>(
    "events.newest",
    `SELECT ${eventColumns} FROM events event WHERE event.room_id = +? AND event.position > +? AND event.position <= +?
     ORDER BY event.position DESC LIMIT +?`,
  );
  const addEvent = eventAppender(connection);
  const moveRoom = roomMover(connection);
  const addMember = memberAppender(connection);
  const addSent = connection.prepare<[string, string, string, string, string, string, number], never>(
    "sent_events.add",
    `INSERT INTO sent_events (user_id, device_id, txn_id, room_id, event_type, event_id, sent_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const addRelation = relationAppender(connection);
  return {
    async listEvents(eventIds) {
      const giveWay = connection.givingWay();
      const rows: EventRow[] = [];
      let looked = 0;
      for (const eventId of new Set(eventIds)) {
        const row = find.first(eventId);
        if (row) rows.push(row);
        if (++looked % 64 === 0) await giveWay();
      }
      return rows;
    },
    async append({ event, head, member, relation, sent }: AppendedEvent) {
      const { event_id, room_id } = event;
      addEvent(event);
      moveRoom(event, head);
      if (member) addMember(event, member);
      if (sent)
        addSent.run(sent.user_id, sent.device_id, sent.txn_id, room_id, sent.event_type, event_id, sent.sent_at);
      if (relation) addRelation(event, relation);
    },
    async listNewest(roomId, since, upTo, limit) {
      return newest.all(roomId, since, upTo, limit);
    },
  };
}

/** The event, and the place that it takes in the state. */
function eventAppender(connection: SqliteConnection): (event: NewEventRow) => void {
  const add = connection.prepare<(string | number | null)[], never>(
    "events.add",
    `INSERT INTO events (event_id, room_id, position, depth, type, state_key, sender, origin_server_ts, content, envelope,
       state_before, state_after, replaces_event_id, is_outlier, is_rejected, is_soft_failed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0)`,
  );
  const putState = connection.prepare<[string, string, string, string, number], never>(
    "room_state.put",
    `INSERT INTO room_state (room_id, type, state_key, event_id, position) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (room_id, type, state_key) DO UPDATE SET event_id = excluded.event_id, position = excluded.position`,
  );
  return (event) => {
    const { event_id, room_id, type, state_key } = event;
    const position = event.position as number;
    add.run(
      ...[event_id, room_id, position, event.depth, type, state_key, event.sender, event.origin_server_ts],
      ...[event.content, event.envelope, event.state_before, event.state_after, event.replaces_event_id],
    );
    if (state_key !== null) putState.run(room_id, type, state_key, event_id, position);
  };
}

/** Where the room stands with an event, which is its only forward extremity. */
function roomMover(connection: SqliteConnection): (event: NewEventRow, head: RoomHeadRow) => void {
  const move = connection.prepare<[number, number, number | null, number, number, number, string], never>(
    "rooms.move",
    `UPDATE rooms SET event_position = ?, depth = ?, state_after = ?, last_snapshot = ?, joined_members = ?,
       invited_members = ? WHERE room_id = ?`,
  );
  const removeExtremities = connection.prepare<[string], never>(
    "forward_extremities.remove",
    "DELETE FROM forward_extremities WHERE room_id = +?",
  );
  const addExtremity = connection.prepare<[string, string, number], never>(
    "forward_extremities.add",
    "INSERT INTO forward_extremities (room_id, event_id, depth) VALUES (?, ?, ?)",
  );
  return ({ event_id, room_id, depth, position }, head) => {
    const { state_after, last_snapshot, joined_members, invited_members } = head;
    const members = [joined_members, invited_members] as const;
    move.run(position as number, head.depth, state_after, last_snapshot, ...members, room_id);
    removeExtremities.run(room_id);
    addExtremity.run(room_id, event_id, depth);
  };
}

/** What an event relates to, and the thread that it is in. */
function relationAppender(connection: SqliteConnection): (event: NewEventRow, relation: NewRelationRow) => void {
  const add = connection.prepare<(string | number | null)[], never>(
    "event_relations.add",
    `INSERT INTO event_relations (event_id, parent_id, rel_type, type, sender, room_id, depth, position, key_digest)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const lengthen = connection.prepare<[string, string, string, number, number], never>(
    "threads.lengthen",
    `INSERT INTO threads (room_id, root_id, sender, events, last_depth, last_position) VALUES (?, ?, ?, 1, ?, ?)
     ON CONFLICT (room_id, root_id, sender) DO UPDATE SET events = events + 1,
       last_position = CASE WHEN (last_depth, last_position) < (excluded.last_depth, excluded.last_position)
         THEN excluded.last_position ELSE last_position END,
       last_depth = max(last_depth, excluded.last_depth)`,
  );
  return (event, { parent_id, rel_type, key_digest }) => {
    const { event_id, room_id, type, sender, depth } = event;
    const position = event.position as number;
    add.run(event_id, parent_id, rel_type, type, sender, room_id, depth, position, key_digest);
    if (rel_type !== "m.thread") return;
    for (const whose of [everySender, sender]) lengthen.run(room_id, parent_id, whose, depth, position);
  };
}

/** The membership that an event gives, and the stay that it begins or ends. */
function memberAppender(connection: SqliteConnection): (event: NewEventRow, member: NewMemberRow) => void {
  const put = connection.prepare<[string, string, string, string, number], never>(
    "room_members.put",
    `INSERT INTO room_members (user_id, room_id, membership, event_id, position, is_forgotten) VALUES (?, ?, ?, ?, ?, 0)
     ON CONFLICT (user_id, room_id) DO UPDATE SET membership = excluded.membership, event_id = excluded.event_id,
       position = excluded.position, is_forgotten = 0`,
  );
  const begin = connection.prepare<[string, string, number], never>(
    "room_stays.begin",
    `INSERT INTO room_stays (user_id, room_id, joined_at, left_at) VALUES (?, ?, ?, ${stillThere})`,
  );
  const end = connection.prepare<[number, string, string], never>(
    "room_stays.end",
    `UPDATE room_stays SET left_at = ? WHERE user_id = +? AND room_id = +? AND +left_at = ${stillThere}`,
  );
  return (event, { user_id, membership, stay }) => {
    const position = event.position as number;
    put.run(user_id, event.room_id, membership, event.event_id, position);
    if (stay === "begins") begin.run(user_id, event.room_id, position);
    if (stay === "ends") end.run(position, user_id, event.room_id);
  };
}
