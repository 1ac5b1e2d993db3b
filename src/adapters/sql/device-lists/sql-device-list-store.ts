import type { DeviceListStore, ListedChange, RoomMove } from "../../../domain/device-lists/device-list-store.ts";
import type { StreamPosition } from "../../../domain/kernel/stream-position.ts";
import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { HeardRow } from "../dialect/device-list-statements.ts";
import type { SqlSession } from "../session.ts";
import { addChangesOfRooms } from "./changes-of-rooms.ts";

interface ChangeRow {
  readonly position: number;
  readonly user_id: string;
  readonly listener?: string;
}

export function sqlDeviceListStore(session: SqlSession): DeviceListStore {
  const { db } = session;
  return {
    async recordChange(userId, audience) {
      session.stream.add((position) => {
        const changed = audience === "public" ? { public_position: position } : { own_position: position };
        const record = db
          .insertInto("device_list_changes")
          .values({ user_id: userId, public_position: 0, own_position: 0, ...changed })
          .onConflict((conflict) => conflict.column("user_id").doUpdateSet(changed));
        return session.run("device_lists.record", record);
      });
    },
    async recordSignatureNotice(signer, target) {
      session.stream.add((position) => {
        const record = db
          .insertInto("signature_notices")
          .values({ signer_user_id: signer, target_user_id: target, position })
          .onConflict((conflict) => conflict.columns(["signer_user_id", "target_user_id"]).doUpdateSet({ position }));
        return session.run("signature_notices.record", record);
      });
    },
    async listChangesBetween(after, upTo, limit) {
      const publicly = db
        .selectFrom("device_list_changes")
        .select(["public_position as position", "user_id"])
        .where("public_position", ">", after)
        .where("public_position", "<=", upTo)
        .orderBy("public_position")
        .limit(limit);
      const privately = db
        .selectFrom("device_list_changes")
        .select(["own_position as position", "user_id", "user_id as listener"])
        .where("own_position", ">", after)
        .where("own_position", "<=", upTo)
        .orderBy("own_position")
        .limit(limit);
      const met = db
        .selectFrom("acquaintances")
        .select(["position", "other_user_id as user_id", "user_id as listener"])
        .where("position", ">", after)
        .where("position", "<=", upTo)
        .orderBy("position")
        .limit(limit);
      const signed = db
        .selectFrom("signature_notices")
        .select(["position", "target_user_id as user_id", "signer_user_id as listener"])
        .where("position", ">", after)
        .where("position", "<=", upTo)
        .orderBy("position")
        .limit(limit);
      const pages: ChangeRow[][] = [
        await session.all("device_lists.public-between", publicly),
        await session.all("device_lists.own-between", privately),
        await session.all("acquaintances.between", met),
        await session.all("signature_notices.between", signed),
      ];
      const came = await session.all("room_stays.begun-between", movesBetween(db, "joined_at", after, upTo, limit));
      const left = await session.all("room_stays.ended-between", movesBetween(db, "left_at", after, upTo, limit));
      const end = endOfPages([...pages, came, left], upTo, limit);
      const reached = <Row extends { position: number }>(rows: Row[]) => rows.filter(({ position }) => position <= end);
      return {
        changes: reached(pages.flat()).map(changeOf),
        moves: [...reached(came).map((row) => moveOf(row, "came")), ...reached(left).map((row) => moveOf(row, "left"))],
        upTo: end,
      };
    },
    async listChanges(userId, since) {
      const rows = await session.hot.listRecentChanges(userId, since);
      const heard = { changed: usersOf(rows, "changed"), left: usersOf(rows, "left") };
      if (rows.some(({ what }) => what === "unclear")) await addChangesOfRooms(session, userId, since, heard);
      return { changed: [...heard.changed] as UserId[], left: [...heard.left] as UserId[] };
    },
  };
}

function usersOf(rows: readonly HeardRow[], kind: HeardRow["what"]): Set<string> {
  return new Set(rows.flatMap(({ user_id, what }) => (what === kind ? [user_id] : [])));
}

function movesBetween(
  db: SqlSession["db"],
  column: "joined_at" | "left_at",
  after: StreamPosition,
  upTo: StreamPosition,
  limit: number,
) {
  return db
    .selectFrom("room_stays")
    .select([`${column} as position`, "user_id", "room_id"])
    .where(column, ">", after)
    .where(column, "<=", upTo)
    .orderBy(column)
    .limit(limit);
}

/** Up to where all pages are known: one that is full may go on at its last position, which two rows may share. */
function endOfPages(pages: readonly { position: number }[][], upTo: StreamPosition, limit: number): StreamPosition {
  const ends = pages.flatMap((page) => (page.length < limit ? [] : [(page.at(-1)?.position ?? 0) - 1]));
  return Math.min(upTo, ...ends);
}

function changeOf(row: ChangeRow): ListedChange {
  return { userId: row.user_id as UserId, listener: row.listener as UserId | undefined };
}

function moveOf(row: { user_id: string; room_id: string }, kind: RoomMove["kind"]): RoomMove {
  return { userId: row.user_id as UserId, roomId: row.room_id as RoomId, kind };
}
