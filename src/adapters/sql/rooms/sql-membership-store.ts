import type { Membership, MembershipStore, RoomMember } from "../../../domain/rooms/membership-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { MemberRow } from "../dialect/room-statements.ts";
import type { SqlSession } from "../session.ts";

const columns = ["room_id", "user_id", "membership", "event_id", "position", "is_forgotten"] as const;

export function sqlMembershipStore(session: SqlSession): MembershipStore {
  const { db, hot } = session;
  return {
    async findMember(userId, roomId) {
      const row = await hot.findMember(userId, roomId);
      return row && memberOf(row);
    },
    async listRooms(userId, memberships) {
      const members = (await hot.listRooms(userId)).map(memberOf);
      return memberships ? members.filter(({ membership }) => memberships.includes(membership)) : members;
    },
    async listMembers(roomId, membership, after, limit) {
      const members = db
        .selectFrom("room_members")
        .select(columns)
        .where("room_id", "=", roomId)
        .where("membership", "=", membership)
        .where("user_id", ">", after ?? ("" as UserId))
        .orderBy("user_id")
        .limit(limit);
      return (await session.all("room_members.list", members)).map(memberOf);
    },
    async forget(userId, roomId) {
      const member = db
        .updateTable("room_members")
        .set({ is_forgotten: 1 })
        .where("user_id", "=", userId)
        .where("room_id", "=", roomId);
      await session.run("room_members.forget", member);
    },
    async hasSharedRoom(userId, other) {
      const shared = db
        .selectFrom("room_members as own")
        .innerJoin("room_members as others", "others.room_id", "own.room_id")
        .select("own.room_id")
        .where("own.user_id", "=", userId)
        .where("own.membership", "=", "join")
        .where("others.user_id", "=", other)
        .where("others.membership", "=", "join")
        .limit(1);
      return (await session.first("room_members.shared", shared)) !== undefined;
    },
  };
}

function memberOf(row: MemberRow): RoomMember {
  return {
    roomId: row.room_id as RoomId,
    userId: row.user_id as UserId,
    membership: row.membership as Membership,
    eventId: row.event_id as EventId,
    position: row.position,
    isForgotten: row.is_forgotten === 1,
  };
}
