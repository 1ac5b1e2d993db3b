import { type RawBuilder, sql } from "kysely";
import { changedSince, sharedAt, shareNow } from "../dialect/device-list-statements.ts";
import { stillThere } from "../dialect/room-statements.ts";
import type { SqlSession } from "../session.ts";

/** Whom a user hears of. */
export interface HeardUsers {
  readonly changed: Set<string>;
  readonly left: Set<string>;
}

/** Users that may be heard of, some at a time. */
interface Candidates {
  /** Of the statement. */
  readonly name: string;
  /** SQL of those behind a place: `user_id`, and their own `place`. */
  readonly page: (after: number) => RawBuilder<unknown>;
  /** The place to begin behind. */
  readonly after: number;
}

/** Rows of one statement, which takes some ms at most. */
const pageSize = 250;

/** So many changes of devices are counted at most. */
const mostCounted = 50_000;

/** SQL conditions of a candidate. */
const shares = shareNow("candidate.user_id", "asked.user_id");
const isNew = `NOT ${sharedAt("candidate.user_id", "asked.user_id", "asked.since")}`;
const isLost = `NOT ${shares}`;
const hasChanged = changedSince("candidate.user_id", "asked.since");

/**
 * Adds what a user hears of others since a position because of rooms (rule S2), however much has happened: from the user's
 * rooms, page by page, and of devices from the changes or from the members, whichever are fewer.
 */
export async function addChangesOfRooms(
  session: SqlSession,
  userId: string,
  since: number,
  { changed, left }: HeardUsers,
): Promise<void> {
  const add = adding(session, userId, since);
  const stays = await listStays(session, userId, since);
  const present = stays.filter(({ left_at }) => left_at === stillThere);
  // Who has just come meets everybody.
  for (const { room_id, joined_at } of present)
    await add(changed, comers(room_id, joined_at > since ? 0 : since), isNew);
  for (const { room_id, joined_at, left_at } of stays) {
    if (joined_at > since) continue;
    await add(left, leavers(room_id, since), isLost);
    if (left_at < stillThere) await add(left, stayers(room_id, since), isLost);
  }
  // Before the first position nobody shared anything: all who share are among them already.
  if (since === 0) return;
  const members = Math.min(await countMembers(session, userId), mostCounted);
  if ((await countChanges(session, since, members)) < members) await add(changed, changers(since), shares);
  else for (const { room_id } of present) await add(changed, comers(room_id, 0), hasChanged);
}

/** @returns a function that adds those candidates for whom the condition holds */
function adding(session: SqlSession, userId: string, since: number) {
  const giveWay = session.givingWay();
  const asked = sql`(SELECT CAST(${userId} AS TEXT) AS user_id, CAST(${since} AS BIGINT) AS since)`;
  return async (found: Set<string>, { name, page, after }: Candidates, condition: string) => {
    for (let place = after; ; await giveWay()) {
      const query = sql<{ user_id: string; place: number; holds: number }>`select candidate.user_id, candidate.place,
        CASE WHEN ${sql.raw(condition)} THEN 1 ELSE 0 END AS holds
        FROM ${asked} AS asked CROSS JOIN (${page(place)} LIMIT ${pageSize}) AS candidate ORDER BY candidate.place`;
      const rows = await session.all(name, { compile: () => query.compile(session.db) });
      for (const { user_id, holds } of rows) if (holds === 1 && user_id !== userId) found.add(user_id);
      const last = rows.at(-1);
      if (!last || rows.length < pageSize) return;
      place = last.place;
    }
  };
}

/** Who has come to a room since a position, and is there. */
function comers(roomId: string, since: number): Candidates {
  const page = (after: number) => sql`SELECT user_id, joined_at AS place FROM room_stays
    WHERE room_id = ${roomId} AND left_at = ${stillThere} AND joined_at > ${after} ORDER BY joined_at`;
  return { name: "device_lists.who-came", page, after: since };
}

/** Who was in a room at a position, and has left it since. */
function leavers(roomId: string, since: number): Candidates {
  const page = (after: number) => sql`SELECT user_id, left_at AS place FROM room_stays
    WHERE room_id = ${roomId} AND left_at > ${after} AND left_at < ${stillThere} AND joined_at <= ${since}
    ORDER BY left_at`;
  return { name: "device_lists.who-left", page, after: since };
}

/** Who was in a room at a position, and still is. */
function stayers(roomId: string, since: number): Candidates {
  const page = (after: number) => sql`SELECT user_id, joined_at AS place FROM room_stays
    WHERE room_id = ${roomId} AND left_at = ${stillThere} AND joined_at > ${after} AND joined_at <= ${since}
    ORDER BY joined_at`;
  return { name: "device_lists.who-stayed", page, after: 0 };
}

/** Whose devices have changed. */
function changers(since: number): Candidates {
  const page = (after: number) => sql`SELECT user_id, public_position AS place FROM device_list_changes
    WHERE public_position > ${after} ORDER BY public_position`;
  return { name: "device_lists.who-changed", page, after: since };
}

/** A user's stays in rooms that had not ended at a position. */
function listStays(session: SqlSession, userId: string, since: number) {
  const stays = session.db
    .selectFrom("room_stays")
    .select(["room_id", "joined_at", "left_at"])
    .where("user_id", "=", userId)
    .where("left_at", ">", since);
  return session.all("room_stays.of-user", stays);
}

/** In all rooms that the user is in: who is in several counts several times. */
async function countMembers(session: SqlSession, userId: string): Promise<number> {
  const members = session.db
    .selectFrom("room_stays as stay")
    .innerJoin("rooms as room", "room.room_id", "stay.room_id")
    .select(({ fn }) => fn.sum<number>("room.joined_members").as("count"))
    .where("stay.left_at", "=", stillThere)
    .where("stay.user_id", "=", userId);
  return Number((await session.first("room_stays.count-members", members))?.count ?? 0);
}

async function countChanges(session: SqlSession, since: number, most: number): Promise<number> {
  const some = session.db
    .selectFrom("device_list_changes")
    .select("public_position")
    .where("public_position", ">", since)
    .limit(most);
  const changes = session.db.selectFrom(some.as("some")).select(({ fn }) => fn.countAll<number>().as("count"));
  return Number((await session.first("device_lists.count", changes))?.count ?? 0);
}
