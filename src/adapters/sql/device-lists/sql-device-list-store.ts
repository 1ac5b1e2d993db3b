import type { DeviceListStore, ListedChanges } from "../../../domain/device-lists/device-list-store.ts";
import type { StreamPosition } from "../../../domain/kernel/stream-position.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

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
      return completeChanges(pages, upTo, limit);
    },
    async listChanged(userId, since) {
      return (await session.hot.listChangedUsers(userId, since)) as UserId[];
    },
  };
}

/** What is known of all pages: one that is full may go on at its last position, which two rows may share. */
function completeChanges(pages: readonly ChangeRow[][], upTo: StreamPosition, limit: number): ListedChanges {
  const ends = pages.flatMap((page) => (page.length < limit ? [] : [(page.at(-1)?.position ?? 0) - 1]));
  const end = Math.min(upTo, ...ends);
  const changes = pages.flat().filter(({ position }) => position <= end);
  return {
    changes: changes.map((row) => ({ userId: row.user_id as UserId, listener: row.listener as UserId | undefined })),
    upTo: end,
  };
}
