import type { ExtremityRow, RoomRow, RoomStatements } from "../../room-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

/** What every event of a room reads before it. */
export function roomStatements(connection: SqliteConnection): RoomStatements {
  const find = connection.prepare<[string], RoomRow>(
    "rooms.find",
    `SELECT room_id, version, depth, state_after, last_snapshot, joined_members, invited_members, event_position
     FROM rooms WHERE room_id = ?`,
  );
  const extremities = connection.prepare<[string, number], ExtremityRow>(
    "forward_extremities.list",
    "SELECT event_id, depth FROM forward_extremities WHERE room_id = +? ORDER BY depth DESC, event_id DESC LIMIT +?",
  );
  return {
    async findRoom(roomId) {
      return find.first(roomId);
    },
    async listForwardExtremities(roomId, limit) {
      return extremities.all(roomId, limit);
    },
  };
}
