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
import type { StatementRunner } from "../statement-runner.ts";
import type { SharedStatement } from "../transaction-batches.ts";
import { forEachKey } from "./for-each.ts";

const listJoinedRooms = forEachKey<string, { room_id: string }, string[]>({
  name: "room_members.joined",
  parameters: { user_id: "text" },
  select: "SELECT room_id FROM room_members row WHERE row.user_id = asked.user_id AND row.membership = 'join'",
  order: "room_id",
  values: (userId) => [userId],
  answer: (rows) => rows.map(({ room_id }) => room_id),
});

const newTyping = `EXISTS (SELECT 1 FROM typing_changes typing
  WHERE typing.room_id = member.room_id AND typing.position > asked.since)`;
const newReceipts = `EXISTS (SELECT 1 FROM receipts receipt WHERE receipt.room_id = member.room_id
  AND receipt.position > asked.since AND (receipt.receipt_type <> 'm.read.private' OR receipt.user_id = asked.user_id))`;

const listChangedRooms = forEachKey<ChangedRoomsOf, ChangedRoomRow, ChangedRoomRow[]>({
  name: "room_members.changed",
  parameters: { user_id: "text", since: "bigint", left_since: "bigint", after: "text", most: "int" },
  select: `SELECT member.room_id, room.version, member.membership, member.event_id, member.position, member.is_forgotten,
      stay.joined_at, stay.left_at, room.event_position, room.joined_members, room.invited_members, ${newTyping}::int AS has_typing,
      ${newReceipts}::int AS has_receipts
    FROM room_members member JOIN rooms room ON room.room_id = member.room_id
    LEFT JOIN LATERAL (SELECT row.joined_at, row.left_at FROM room_stays row
      WHERE row.user_id = member.user_id AND row.room_id = member.room_id ORDER BY row.joined_at DESC LIMIT 1) stay ON true
    WHERE member.user_id = asked.user_id AND member.room_id > asked.after AND CASE member.membership
      WHEN 'join' THEN room.event_position > asked.since OR member.position > asked.since OR ${newTyping} OR ${newReceipts}
        OR EXISTS (SELECT 1 FROM room_account_data data WHERE data.user_id = asked.user_id
          AND data.room_id = member.room_id AND data.position > asked.since)
      WHEN 'invite' THEN member.position > asked.since
      WHEN 'knock' THEN member.position > asked.since
      ELSE member.position > asked.left_since AND (member.is_forgotten = 0 OR asked.left_since > 0) END
    ORDER BY member.room_id LIMIT asked.most`,
  order: "room_id",
  values: ({ userId, since, leftSince, after, limit }) => [userId, since, leftSince, after, limit],
  answer: (rows) => [...rows],
});

/** Of each of the two memberships the oldest. */
const oldestOf = (membership: string) => `(SELECT row.user_id, row.position FROM room_members row
  WHERE row.room_id = asked.room_id AND row.membership = asked.${membership} ORDER BY row.position LIMIT asked.most)`;

const listOldestMembers = forEachKey<OldestMembers, { user_id: string }, string[]>({
  name: "room_members.oldest",
  parameters: { room_id: "text", one: "text", other: "text", most: "int" },
  select: `${oldestOf("one")} UNION ALL ${oldestOf("other")} ORDER BY position LIMIT asked.most`,
  order: "position",
  values: ({ roomId, one, other, limit }) => [roomId, one, other, limit],
  answer: (rows) => rows.map(({ user_id }) => user_id),
});

const listNewestReceipts = forEachKey<ReceiptsOf, ReceiptRow, ReceiptRow[]>({
  name: "receipts.newest",
  parameters: { room_id: "text", reader: "text", since: "bigint", most: "int" },
  select: `(SELECT ${receiptColumns} FROM receipts row WHERE row.room_id = asked.room_id AND row.position > asked.since
      AND (row.receipt_type <> 'm.read.private' OR row.user_id = asked.reader)
      ORDER BY row.position DESC LIMIT asked.most)
    UNION SELECT ${receiptColumns} FROM receipts row
      WHERE row.room_id = asked.room_id AND row.user_id = asked.reader AND row.position > asked.since`,
  order: "position",
  values: ({ roomId, reader, since, limit }) => [roomId, reader, since, limit],
  answer: (rows) => [...rows],
});

const listOwnReceipts = forEachKey<{ roomId: string; userId: string }, ReceiptRow, ReceiptRow[]>({
  name: "receipts.own",
  parameters: { room_id: "text", user_id: "text" },
  select: `SELECT ${receiptColumns} FROM receipts row WHERE row.room_id = asked.room_id AND row.user_id = asked.user_id`,
  values: ({ roomId, userId }) => [roomId, userId],
  answer: (rows) => [...rows],
});

const listTyping = forEachKey<string, { user_id: string }, string[]>({
  name: "typing.list",
  parameters: { room_id: "text" },
  select: "SELECT typing.user_id FROM typing WHERE typing.room_id = asked.room_id",
  order: "user_id",
  values: (roomId) => [roomId],
  answer: (rows) => rows.map(({ user_id }) => user_id),
});

const listRoomAccountData = forEachKey<{ userId: string; since: number }, RoomAccountDataRow, RoomAccountDataRow[]>({
  name: "room_account_data.changed",
  parameters: { user_id: "text", since: "bigint" },
  select: `SELECT room_id, type, content, position FROM room_account_data row
    WHERE row.user_id = asked.user_id AND row.position > asked.since`,
  order: "position",
  values: ({ userId, since }) => [userId, since],
  answer: (rows) => [...rows],
});

const listParents: SharedStatement<EventsOf, string[]> = {
  writes: false,
  async run(query, asked) {
    const text = `SELECT asked.list, asked.event_id FROM unnest($1::int[], $2::text[], $3::text[]) AS asked(list, room_id, event_id)
      WHERE EXISTS (SELECT 1 FROM event_relations relation
        WHERE relation.parent_id = asked.event_id AND relation.room_id = asked.room_id)`;
    const { rows } = await query<{ list: number; event_id: string }>("event_relations.parents", text, [
      asked.flatMap(({ eventIds }, list) => eventIds.map(() => list)),
      asked.flatMap(({ roomId, eventIds }) => eventIds.map(() => roomId)),
      asked.flatMap(({ eventIds }) => eventIds),
    ]);
    const parents: string[][] = asked.map(() => []);
    for (const { list, event_id } of rows) parents[list]?.push(event_id);
    return parents;
  },
};

interface EventsOf {
  readonly roomId: string;
  readonly eventIds: readonly string[];
}

/** What a sync asks of its user's rooms. */
export function roomSyncStatements(runner: StatementRunner): RoomSyncStatements {
  return {
    listJoinedRooms: (userId) => runner.together(listJoinedRooms, userId),
    listChangedRooms: (asked) => runner.together(listChangedRooms, asked),
    listOldestMembers: (asked) => runner.together(listOldestMembers, asked),
    listNewestReceipts: (asked) => runner.together(listNewestReceipts, asked),
    listOwnReceipts: (roomId, userId) => runner.together(listOwnReceipts, { roomId, userId }),
    listTyping: (roomId) => runner.together(listTyping, roomId),
    listRoomAccountData: (userId, since) => runner.together(listRoomAccountData, { userId, since }),
    listParents: (roomId, eventIds) => runner.together(listParents, { roomId, eventIds }),
  };
}
