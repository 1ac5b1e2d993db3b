import type {
  RemoteCrossSigningKey,
  RemoteDeviceKeys,
  RemoteDeviceListStore,
} from "../../../domain/remote-device-lists/remote-device-list-store.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { SqlSession } from "../session.ts";

/** Rows of one statement: the texts are long. */
const page = 100;

/** How keys of other servers' users are stored. */
export function remoteKeyWrites(
  session: SqlSession,
): Pick<RemoteDeviceListStore, "remove" | "replaceKeys" | "putDevice" | "removeDevice" | "putCrossSigningKey"> {
  const { db } = session;
  return {
    async remove(userIds) {
      if (userIds.length === 0) return;
      for (const table of ["remote_device_lists", "remote_device_keys", "remote_cross_signing_keys"] as const) {
        await session.run(`${table}.forget`, db.deleteFrom(table).where("user_id", "in", userIds));
      }
    },
    async replaceKeys(userId, { devices, crossSigningKeys }) {
      const old = db.deleteFrom("remote_device_keys").where("user_id", "=", userId);
      await session.run("remote_device_keys.remove-all", old);
      const oldKeys = db.deleteFrom("remote_cross_signing_keys").where("user_id", "=", userId);
      await session.run("remote_cross_signing_keys.remove-all", oldKeys);
      const rows = devices.map((device) => deviceRow(userId, device));
      for (let start = 0; start < rows.length; start += page) {
        const add = db.insertInto("remote_device_keys").values(rows.slice(start, start + page));
        await session.run("remote_device_keys.add", add);
      }
      if (crossSigningKeys.length === 0) return;
      const add = db
        .insertInto("remote_cross_signing_keys")
        .values(crossSigningKeys.map((key) => crossSigningRow(userId, key)));
      await session.run("remote_cross_signing_keys.add", add);
    },
    async putDevice(userId, device) {
      const row = deviceRow(userId, device);
      const put = db
        .insertInto("remote_device_keys")
        .values(row)
        .onConflict((conflict) => conflict.columns(["user_id", "device_id"]).doUpdateSet(row));
      await session.run("remote_device_keys.put", put);
    },
    async removeDevice(userId, deviceId) {
      const row = db.deleteFrom("remote_device_keys").where("user_id", "=", userId).where("device_id", "=", deviceId);
      await session.run("remote_device_keys.remove", row);
    },
    async putCrossSigningKey(userId, key) {
      const row = crossSigningRow(userId, key);
      const put = db
        .insertInto("remote_cross_signing_keys")
        .values(row)
        .onConflict((conflict) => conflict.columns(["user_id", "usage"]).doUpdateSet(row));
      await session.run("remote_cross_signing_keys.put", put);
    },
  };
}

function deviceRow(userId: UserId, { deviceId, ed25519, rendered }: RemoteDeviceKeys) {
  return { user_id: userId, device_id: deviceId, ed25519: ed25519 ?? null, rendered };
}

function crossSigningRow(userId: UserId, { usage, publicKey, rendered }: RemoteCrossSigningKey) {
  return { user_id: userId, usage, public_key: publicKey, rendered };
}
