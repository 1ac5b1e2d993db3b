import type { DeviceListStore } from "../../../domain/device-lists/device-list-store.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

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
    async listChanged(userId, since) {
      return (await session.hot.listChangedUsers(userId, since)) as UserId[];
    },
  };
}
