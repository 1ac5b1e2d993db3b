import {
  type ChangedRoomRow,
  type ChangedRoomsOf,
  type OldestMembers,
  type ReceiptRow,
  type ReceiptsOf,
  type RoomAccountDataRow,
  type RoomSyncStatements,
  receiptColumns,
} from "../../room-sync-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

// `+?`: SQLite would otherwise compile the statement anew on each call, to plan it for the very value (STAT4).

/** What a sync asks of its user's rooms. Many rooms, and many syncs one after another, do not hold the event loop. */
export function roomSyncStatements(connection: SqliteConnection): RoomSyncStatements {
  const giveWay = connection.givingWay();
  return {
    ...roomsOfUser(connection, giveWay),
    ...heroesOfRoom(connection),
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

function heroesOfRoom(connection: SqliteConnection): Pick<RoomSyncStatements, "listOldestMembers"> {
  const oldest = connection.prepare<[OldestMembers], { user_id: string }>("room_members.oldest", oldestText);
  return {
    async listOldestMembers(asked) {
      return oldest.all(asked).map((row) => row.user_id);
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
    "SELECT user_id FROM typing WHERE room_id = +? ORDER BY user_id",
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

const oldestOf = (membership: string) => `SELECT user_id, position FROM room_members
  WHERE room_id = +@roomId AND membership = +@${membership}`;
// The two are merged as they are read.
const oldestText = `${oldestOf("one")} UNION ALL ${oldestOf("other")} ORDER BY position LIMIT +@limit`;

const receiptsText = `SELECT ${receiptColumns} FROM (
    SELECT ${receiptColumns} FROM receipts WHERE room_id = +@roomId AND position > +@since
      AND (receipt_type <> 'm.read.private' OR user_id = +@reader) ORDER BY position DESC LIMIT +@limit)
  UNION SELECT ${receiptColumns} FROM receipts WHERE room_id = +@roomId AND user_id = +@reader AND +position > +@since
  ORDER BY position`;
