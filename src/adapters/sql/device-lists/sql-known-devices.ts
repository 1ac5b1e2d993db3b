import type { KnownDevices } from "../../../domain/device-lists/known-devices.ts";
import type { DeviceId } from "../../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

export function sqlKnownDevices(session: SqlSession): KnownDevices {
  const { db, hot } = session;
  return {
    async listDeviceIds(userId) {
      return (await hot.listDeviceIds(userId)) as DeviceId[];
    },
    async listWithKeys(after, limit) {
      let devices = db.selectFrom("device_keys").select(["user_id", "device_id"]);
      if (after) {
        const { userId, deviceId } = after;
        devices = devices.where((row) => row(row.refTuple("user_id", "device_id"), ">", row.tuple(userId, deviceId)));
      }
      const rows = await session.all("devices.with-keys", devices.orderBy("user_id").orderBy("device_id").limit(limit));
      return rows.map((row) => ({ userId: row.user_id as UserId, deviceId: row.device_id as DeviceId }));
    },
    async hasDevice(owner) {
      return hot.hasDevice(owner);
    },
    async findDisplayName({ userId, deviceId }) {
      const name = db
        .selectFrom("devices")
        .select("display_name")
        .where("user_id", "=", userId)
        .where("device_id", "=", deviceId);
      return (await session.first("devices.display-name", name))?.display_name ?? undefined;
    },
  };
}
