import type { MemberRow, MembershipStatements } from "../../room-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

/** How users stand to rooms. */
export function membershipStatements(connection: SqliteConnection): MembershipStatements {
  const columns = "room_id, user_id, membership, event_id, position, is_forgotten";
  const find = connection.prepare<[string, string], MemberRow>(
    "room_members.find",
    `SELECT ${columns} FROM room_members WHERE user_id = ? AND room_id = ?`,
  );
  const rooms = connection.prepare<[string], MemberRow>(
    "room_members.rooms",
    `SELECT ${columns} FROM room_members WHERE user_id = +? ORDER BY room_id`,
  );
  return {
    async findMember(userId, roomId) {
      return find.first(userId, roomId);
    },
    async listRooms(userId) {
      return rooms.all(userId);
    },
  };
}
