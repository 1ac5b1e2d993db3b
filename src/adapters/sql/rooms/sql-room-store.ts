import type { Room, RoomStore } from "../../../domain/rooms/room-store.ts";
import type { RoomVersionId } from "../../../protocol/events/room-version.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { RoomRow } from "../dialect/room-statements.ts";
import type { SqlSession } from "../session.ts";

/** An event has no more `prev_events`. */
const mostExtremities = 20;

export function sqlRoomStore(session: SqlSession): RoomStore {
  const { db, hot } = session;
  return {
    async findRoom(roomId) {
      const row = await hot.findRoom(roomId);
      return row && roomOf(row);
    },
    async listForwardExtremities(roomId) {
      const rows = await hot.listForwardExtremities(roomId, mostExtremities);
      return rows.map((row) => ({ eventId: row.event_id as EventId, depth: row.depth }));
    },
    async add(roomId, version) {
      const empty = { depth: 0, state_after: null, last_snapshot: 0, joined_members: 0, invited_members: 0 };
      const room = db.insertInto("rooms").values({ room_id: roomId, version, ...empty, event_position: 0 });
      await session.run("rooms.add", room);
    },
  };
}

function roomOf(row: RoomRow): Room {
  return {
    roomId: row.room_id as RoomId,
    version: row.version as RoomVersionId,
    depth: row.depth,
    stateAfter: row.state_after ?? undefined,
    lastSnapshot: row.last_snapshot,
    joinedMembers: row.joined_members,
    invitedMembers: row.invited_members,
    eventPosition: row.event_position,
  };
}
