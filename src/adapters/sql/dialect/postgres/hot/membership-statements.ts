import type { MemberRow, MembershipStatements } from "../../room-statements.ts";
import type { StatementRunner } from "../statement-runner.ts";
import { forEachKey } from "./for-each.ts";

const columns = "room_id, user_id, membership, event_id, position, is_forgotten";

const findMember = forEachKey<{ userId: string; roomId: string }, MemberRow, MemberRow | undefined>({
  name: "room_members.find",
  parameters: { user_id: "text", room_id: "text" },
  select: `SELECT ${columns} FROM room_members row WHERE row.user_id = asked.user_id AND row.room_id = asked.room_id`,
  values: ({ userId, roomId }) => [userId, roomId],
  answer: ([row]) => row,
});

const listRooms = forEachKey<string, MemberRow, readonly MemberRow[]>({
  name: "room_members.rooms",
  parameters: { user_id: "text" },
  select: `SELECT ${columns} FROM room_members row WHERE row.user_id = asked.user_id`,
  order: "room_id",
  values: (userId) => [userId],
  answer: (rows) => rows,
});

/** How users stand to rooms. */
export function membershipStatements(runner: StatementRunner): MembershipStatements {
  return {
    findMember: (userId, roomId) => runner.together(findMember, { userId, roomId }),
    listRooms: (userId) => runner.together(listRooms, userId),
  };
}
