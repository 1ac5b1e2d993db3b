import type { ExtremityRow, RoomRow, RoomStatements } from "../../room-statements.ts";
import type { StatementRunner } from "../statement-runner.ts";
import { forEachKey } from "./for-each.ts";

const findRoom = forEachKey<string, RoomRow, RoomRow | undefined>({
  name: "rooms.find",
  parameters: { room_id: "text" },
  select: `SELECT room_id, version, depth, state_after, last_snapshot, joined_members, invited_members, event_position
    FROM rooms row WHERE row.room_id = asked.room_id`,
  values: (roomId) => [roomId],
  answer: ([row]) => row,
});

const listForwardExtremities = forEachKey<{ roomId: string; limit: number }, ExtremityRow, ExtremityRow[]>({
  name: "forward_extremities.list",
  parameters: { room_id: "text", most: "int" },
  select: `SELECT event_id, depth FROM forward_extremities row WHERE row.room_id = asked.room_id
    ORDER BY depth DESC, event_id DESC LIMIT asked.most`,
  order: "depth DESC, event_id DESC",
  values: ({ roomId, limit }) => [roomId, limit],
  answer: (rows) => rows.map(({ event_id, depth }) => ({ event_id, depth })),
});

/** What every event of a room reads before it. A room is one unit's at a time. */
export function roomStatements(runner: StatementRunner): RoomStatements {
  return {
    findRoom: (roomId) => runner.together(findRoom, roomId),
    listForwardExtremities: (roomId, limit) => runner.together(listForwardExtremities, { roomId, limit }),
  };
}
