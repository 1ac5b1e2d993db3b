import type { Device } from "../../../domain/devices/device.ts";
import type { DeviceStore } from "../../../domain/devices/device-store.ts";
import type { DeviceId } from "../../../protocol/identifiers/device-id.ts";
import type { SqlSession } from "../session.ts";

export function sqlDeviceStore(session: SqlSession): DeviceStore {
  const { db } = session;
  const devices = db.selectFrom("devices").select(["device_id", "display_name", "last_seen_at", "last_seen_ip"]);
  return {
    async findDevice({ userId, deviceId }) {
      const named = devices.where("user_id", "=", userId).where("device_id", "=", deviceId);
      const row = await session.first("devices.find", named);
      return row && deviceOf(row);
    },
    async listDevices(userId) {
      const ofUser = devices.where("user_id", "=", userId).orderBy("device_id");
      return (await session.all("devices.list", ofUser)).map(deviceOf);
    },
    async add({ userId, deviceId }, displayName, { at, ip }) {
      const row = {
        user_id: userId,
        device_id: deviceId,
        display_name: displayName ?? null,
        created_at: at,
        last_seen_at: at,
        last_seen_ip: ip,
      };
      await session.run("devices.add", db.insertInto("devices").values(row));
    },
    async rename({ userId, deviceId }, displayName) {
      const renamed = db
        .updateTable("devices")
        .set({ display_name: displayName })
        .where("user_id", "=", userId)
        .where("device_id", "=", deviceId);
      await session.run("devices.rename", renamed);
    },
    async noteSeen({ userId, deviceId }, { at, ip }) {
      const seen = db
        .updateTable("devices")
        .set({ last_seen_at: at, last_seen_ip: ip })
        .where("user_id", "=", userId)
        .where("device_id", "=", deviceId);
      await session.run("devices.note-seen", seen);
    },
    async remove({ userId, deviceId }) {
      const removed = db.deleteFrom("devices").where("user_id", "=", userId).where("device_id", "=", deviceId);
      await session.run("devices.remove", removed);
    },
  };
}

interface DeviceRow {
  readonly device_id: string;
  readonly display_name: string | null;
  readonly last_seen_at: number | null;
  readonly last_seen_ip: string | null;
}

function deviceOf(row: DeviceRow): Device {
  const { last_seen_at: at, last_seen_ip: ip } = row;
  return {
    deviceId: row.device_id as DeviceId,
    displayName: row.display_name ?? undefined,
    lastSeen: at === null || ip === null ? undefined : { at, ip },
  };
}
