import type { DeviceKeyStore } from "../../../domain/device-keys/device-key-store.ts";
import type { DeviceId } from "../../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

export function sqlDeviceKeyStore(session: SqlSession): DeviceKeyStore {
  const { db, hot } = session;
  return {
    async findDeviceKeys({ userId, deviceId }) {
      const keys = db
        .selectFrom("device_keys")
        .select(["ed25519", "curve25519", "json"])
        .where("user_id", "=", userId)
        .where("device_id", "=", deviceId);
      const row = await session.first("device_keys.find", keys);
      return row && { ed25519: row.ed25519 ?? undefined, curve25519: row.curve25519 ?? undefined, json: row.json };
    },
    async listRendered(userIds) {
      const rows = await hot.listDeviceKeys(userIds);
      return rows.map(({ user_id, name, rendered }) => ({
        userId: user_id as UserId,
        deviceId: name as DeviceId,
        rendered,
      }));
    },
    async put({ userId, deviceId }, keys, rendered) {
      const values = {
        ed25519: keys.ed25519 ?? null,
        curve25519: keys.curve25519 ?? null,
        json: keys.json,
        rendered,
      };
      const put = db
        .insertInto("device_keys")
        .values({ user_id: userId, device_id: deviceId, ...values })
        .onConflict((conflict) => conflict.columns(["user_id", "device_id"]).doUpdateSet(values));
      await session.run("device_keys.put", put);
    },
    async putRendered({ userId, deviceId }, rendered) {
      const put = db
        .updateTable("device_keys")
        .set({ rendered })
        .where("user_id", "=", userId)
        .where("device_id", "=", deviceId);
      await session.run("device_keys.put-rendered", put);
    },
    async remove({ userId, deviceId }) {
      const row = db.deleteFrom("device_keys").where("user_id", "=", userId).where("device_id", "=", deviceId);
      await session.run("device_keys.remove", row);
    },
  };
}
