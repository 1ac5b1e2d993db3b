import type { KnownDevices } from "../../../domain/device-lists/known-devices.ts";
import type { DeviceId } from "../../../protocol/identifiers/device-id.ts";
import type { SqlSession } from "../session.ts";

export function sqlKnownDevices(session: SqlSession): KnownDevices {
  const { db, hot } = session;
  return {
    async listDeviceIds(userId) {
      return (await hot.listDeviceIds(userId)) as DeviceId[];
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
