import { givingWay } from "../../../../../domain/kernel/give-way.ts";
import { type EventRow, eventColumns } from "../../room-statements.ts";
import {
  type ChangedRoomRow,
  type ChangedRoomsOf,
  isInRoom,
  type ReceiptRow,
  type ReceiptsOf,
  type RoomAccountDataRow,
  type RoomSyncStatements,
  receiptColumns,
} from "../../room-sync-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

/** Rows that are read at once: some ms of work at most. */
const pageLength = 200;

/** SQLite compares every text as less than any blob. */
const behindEveryText = Buffer.alloc(0);

// `+?`: SQLite would otherwise compile the statement anew on each call, to plan it for the very value (STAT4).

/** What a sync asks of its user's rooms. Many rooms, and many syncs one after another, do not hold the event loop. */
export function roomSyncStatements(connection: SqliteConnection): RoomSyncStatements {
  const giveWay = givingWay({ now: () => connection.wallClock(), monotonic: () => connection.now() });
  return {
    ...roomsOfUser(connection, giveWay),
    ...stateOfRoom(connection, giveWay),
    ...sidesOfRoom(connection, giveWay),
  };
}

type GiveWay = () => Promise<void>;

function roomsOfUser(
  connection: SqliteConnection,
  giveWay: GiveWay,
): Pick<RoomSyncStatements, "listJoinedRooms" | "listChangedRooms" | "listRoomAccountData"> {
  const joined = connection.prepare<[string], { room_id: string }>(
    "room_members.joined",
    "SELECT room_id FROM room_members WHERE user_id = +? AND membership = 'join' ORDER BY room_id",
  );
  const changed = connection.prepare<[ChangedRoomsOf], ChangedRoomRow>("room_members.changed", changedText);
  const accountData = connection.prepare<[string, number], RoomAccountDataRow>(
    "room_account_data.changed",
    "SELECT room_id, type, content FROM room_account_data WHERE user_id = +? AND position > +? ORDER BY position",
  );
  return {
    async listJoinedRooms(userId) {
      return joined.all(userId).map((row) => row.room_id);
    },
    async listChangedRooms(asked) {
      await giveWay();
      return changed.all(asked);
    },
    async listRoomAccountData(userId, since) {
      return accountData.all(userId, since);
    },
  };
}

function stateOfRoom(
  connection: SqliteConnection,
  giveWay: GiveWay,
): Pick<RoomSyncStatements, "listCurrentBeside" | "listOldestMembers"> {
  const range = connection.prepare<[string, string, string | Buffer, string | Buffer, number], EventRow>(
    "room_state.beside",
    `SELECT ${eventColumns} FROM room_state state JOIN events event ON event.event_id = state.event_id
     WHERE state.room_id = +? AND (state.type, state.state_key) >= (+?, +?) AND state.type < +?
     ORDER BY state.type, state.state_key LIMIT +?`,
  );
  const oldest = connection.prepare<[string, string, string, number], { user_id: string }>(
    "room_members.oldest",
    `SELECT member.user_id FROM room_state state INDEXED BY room_state_by_position CROSS JOIN room_members member
       ON member.user_id = state.state_key AND member.room_id = state.room_id
     WHERE state.room_id = +? AND state.type = 'm.room.member' AND member.membership IN (+?, +?)
     ORDER BY state.position LIMIT ?`,
  );
  /** From a place on, the types before one. */
  async function listRange(roomId: string, type: string, stateKey: string | Buffer, end: string | Buffer) {
    const rows = range.all(roomId, type, stateKey, end, pageLength + 1);
    let found = rows.length;
    while (found > pageLength) {
      await giveWay();
      const next = rows.pop() as EventRow;
      const further = range.all(roomId, next.type, next.state_key ?? "", end, pageLength + 1);
      rows.push(...further);
      found = further.length;
    }
    return rows;
  }
  return {
    // What stands before the type and what comes after it: of the type itself there may be very many.
    async listCurrentBeside(roomId, type) {
      await giveWay();
      const before = await listRange(roomId, "", "", type);
      return [...before, ...(await listRange(roomId, type, behindEveryText, behindEveryText))];
    },
    async listOldestMembers(roomId, memberships, limit) {
      return oldest.all(roomId, ...memberships, limit).map((row) => row.user_id);
    },
  };
}

/** What is told beside a room's events. */
function sidesOfRoom(
  connection: SqliteConnection,
  giveWay: GiveWay,
): Pick<RoomSyncStatements, "listNewestReceipts" | "listOwnReceipts" | "listTyping" | "listParents"> {
  const newest = connection.prepare<[ReceiptsOf], ReceiptRow>("receipts.newest", receiptsText);
  const own = connection.prepare<[string, string], ReceiptRow>(
    "receipts.own",
    `SELECT ${receiptColumns} FROM receipts WHERE room_id = +? AND user_id = +?`,
  );
  const typing = connection.prepare<[string], { user_id: string }>(
    "typing.list",
    `SELECT typing.user_id FROM typing WHERE typing.room_id = +? AND ${isInRoom} ORDER BY typing.user_id`,
  );
  const child = connection.prepare<[string, string], { event_id: string }>(
    "event_relations.child",
    "SELECT event_id FROM event_relations WHERE parent_id = +? AND room_id = +? LIMIT 1",
  );
  return {
    async listNewestReceipts(asked) {
      return newest.all(asked);
    },
    async listOwnReceipts(roomId, userId) {
      return own.all(roomId, userId);
    },
    async listTyping(roomId) {
      return typing.all(roomId).map((row) => row.user_id);
    },
    async listParents(roomId, eventIds) {
      const parents: string[] = [];
      for (const [index, eventId] of eventIds.entries()) {
        if (index % 64 === 63) await giveWay();
        if (child.first(eventId, roomId)) parents.push(eventId);
      }
      return parents;
    },
  };
}

const lastStay = `FROM room_stays stay WHERE stay.user_id = member.user_id AND stay.room_id = member.room_id
  ORDER BY stay.joined_at DESC LIMIT 1`;
const newTyping = `EXISTS (SELECT 1 FROM typing_changes typing
  WHERE typing.room_id = member.room_id AND typing.position > +@since)`;
const newReceipts = `EXISTS (SELECT 1 FROM receipts receipt WHERE receipt.room_id = member.room_id
  AND receipt.position > +@since AND (receipt.receipt_type <> 'm.read.private' OR receipt.user_id = +@userId))`;

const changedText = `SELECT member.room_id, room.version, member.membership, member.event_id, member.position, member.is_forgotten,
    (SELECT stay.joined_at ${lastStay}) AS joined_at, (SELECT stay.left_at ${lastStay}) AS left_at,
    room.event_position, room.joined_members, room.invited_members, ${newTyping} AS has_typing,
    ${newReceipts} AS has_receipts
  FROM room_members member CROSS JOIN rooms room ON room.room_id = member.room_id
  WHERE member.user_id = +@userId AND member.room_id > +@after AND CASE member.membership
    WHEN 'join' THEN room.event_position > +@since OR member.position > +@since OR ${newTyping} OR ${newReceipts}
      OR member.room_id IN (SELECT room_id FROM room_account_data WHERE user_id = +@userId AND position > +@since)
    WHEN 'invite' THEN member.position > +@since
    WHEN 'knock' THEN member.position > +@since
    ELSE member.position > +@leftSince AND (member.is_forgotten = 0 OR +@leftSince > 0) END
  ORDER BY member.room_id LIMIT +@limit`;

const receiptsText = `SELECT ${receiptColumns} FROM (
    SELECT ${receiptColumns} FROM receipts WHERE room_id = +@roomId AND position > +@since
      AND (receipt_type <> 'm.read.private' OR user_id = +@reader) ORDER BY position DESC LIMIT +@limit)
  UNION SELECT ${receiptColumns} FROM receipts WHERE room_id = +@roomId AND user_id = +@reader AND +position > +@since
  ORDER BY position`;
