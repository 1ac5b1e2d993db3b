import { type Expression, type SqlBool, sql } from "kysely";
import type { AppserviceMemberStore } from "../../../domain/appservices/appservice-member-store.ts";
import type { StreamPosition } from "../../../domain/kernel/stream-position.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import { stillThere } from "../dialect/room-statements.ts";
import type { SqlSession } from "../session.ts";

type AppserviceMemberReadings = Pick<
  AppserviceMemberStore,
  "listEventPositions" | "listRooms" | "listJoinedRooms" | "listSharing" | "listPresent"
>;

/** Users, or rooms, that one statement asks for: it takes a few ms at most. */
const askedTogether = 50;

/** Rows of one statement that reads all of a room. */
const pageSize = 500;

/** The methods that say who hears of what. */
export function appserviceMemberReadings(session: SqlSession): AppserviceMemberReadings {
  const { db } = session;
  return {
    async listEventPositions(appserviceId, since, upTo) {
      const positions = db
        .selectFrom("events as event")
        .select("event.position")
        .where("event.position", ">", since)
        .where("event.position", "<=", upTo)
        .where(
          anyOf(sql`appservice_room_members own WHERE own.appservice_id = ${appserviceId}
            AND own.room_id = event.room_id AND own.ended_at > event.position AND +own.begun_at < event.position`),
        );
      const rows = await session.all("appservice_room_members.events", positions);
      return rows.flatMap((row) => row.position ?? []);
    },
    listRooms: (appserviceId, roomIds) =>
      inParts(session, roomIds, async (part) => {
        const rooms = db
          .selectFrom("appservice_room_members")
          .select("room_id")
          .distinct()
          .where("appservice_id", "=", appserviceId)
          .where("room_id", "in", part)
          .where("ended_at", "=", stillThere);
        const rows = await session.all("appservice_room_members.rooms", rooms);
        return rows.map((row) => row.room_id as RoomId);
      }),
    listJoinedRooms: (appserviceId, roomIds, at) =>
      inParts(session, roomIds, async (part) => {
        const rooms = db
          .selectFrom("rooms")
          .select("room_id")
          .where("room_id", "in", part)
          .where(hasJoined(appserviceId, sql`rooms.room_id`, placeOf(at)));
        const rows = await session.all("appservice_room_members.joined-rooms", rooms);
        return rows.map((row) => row.room_id as RoomId);
      }),
    listSharing: (appserviceId, userIds, at) =>
      inParts(session, userIds, async (part) => {
        const sharing = db
          .selectFrom("room_stays as stay")
          .select("stay.user_id")
          .distinct()
          .where("stay.user_id", "in", part)
          .where("stay.joined_at", "<=", placeOf(at))
          .where("stay.left_at", ">", placeOf(at))
          .where(hasJoined(appserviceId, sql`stay.room_id`, placeOf(at)));
        const rows = await session.all("appservice_room_members.sharing", sharing);
        return rows.map((row) => row.user_id as UserId);
      }),
    async listPresent(roomId, at) {
      const giveWay = session.givingWay();
      const present: UserId[] = [];
      let last = { left_at: placeOf(at), joined_at: Number.MAX_SAFE_INTEGER };
      for (;;) {
        const page = db
          .selectFrom("room_stays")
          .select(["user_id", "left_at", "joined_at"])
          .where("room_id", "=", roomId)
          .where(sql<SqlBool>`(left_at, joined_at) > (${last.left_at}, ${last.joined_at})`)
          .where("joined_at", "<=", placeOf(at))
          .orderBy("left_at")
          .orderBy("joined_at")
          .limit(pageSize);
        const rows = await session.all("room_stays.present", page);
        for (const row of rows) present.push(row.user_id as UserId);
        const end = rows.at(-1);
        if (!end || rows.length < pageSize) return present;
        last = end;
        await giveWay();
      }
    },
  };
}

/** The position at which one looks. */
function placeOf(at: StreamPosition | "now"): StreamPosition {
  return at === "now" ? stillThere - 1 : at;
}

/** Whether one of the appservice's users was joined to a room at a position. */
function hasJoined(appserviceId: string, room: Expression<unknown>, at: StreamPosition): Expression<SqlBool> {
  const joined = anyOf(sql`room_stays own WHERE own.user_id = known.user_id AND own.room_id = known.room_id
    AND +own.joined_at <= ${at} AND +own.left_at > ${at}`);
  return anyOf(sql`appservice_room_members known WHERE known.appservice_id = ${appserviceId}
    AND known.room_id = ${room} AND known.ended_at > ${at} AND ${joined}`);
}

/** As in dialect/device-list-statements.ts: looked up one by one, in rooms of whatever size. */
function anyOf(rows: Expression<unknown>): Expression<SqlBool> {
  return sql<SqlBool>`((SELECT 1 FROM ${rows} LIMIT 1) IS NOT NULL)`;
}

async function inParts<Name>(
  session: SqlSession,
  names: readonly Name[],
  list: (part: Name[]) => Promise<Name[]>,
): Promise<Name[]> {
  const giveWay = session.givingWay();
  const found: Name[] = [];
  for (let start = 0; start < names.length; start += askedTogether) {
    found.push(...(await list(names.slice(start, start + askedTogether))));
    await giveWay();
  }
  return found;
}
