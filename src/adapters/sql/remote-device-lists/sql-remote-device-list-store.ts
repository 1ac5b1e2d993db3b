import { sql } from "kysely";
import type {
  RemoteCrossSigningKey,
  RemoteDeviceKeys,
  RemoteDeviceList,
  RemoteDeviceListStore,
  RemoteUserKeys,
} from "../../../domain/remote-device-lists/remote-device-list-store.ts";
import type { DeviceId } from "../../../protocol/identifiers/device-id.ts";
import { serverNameOf, type UserId } from "../../../protocol/identifiers/user-id.ts";
import type { RemoteCrossSigningKeyRow, RemoteDeviceKeyRow, RemoteListRow } from "../dialect/hot-statements.ts";
import type { SqlSession } from "../session.ts";
import { remoteKeyWrites } from "./remote-key-writes.ts";

const columns = [
  "user_id",
  "stream_id",
  "is_fresh",
  "followed_until",
  "attempts",
  "next_resync_at",
  "used_at",
] as const;

export function sqlRemoteDeviceListStore(session: SqlSession): RemoteDeviceListStore {
  const { db, hot } = session;
  return {
    async findList(userId) {
      const [row] = await hot.listRemoteLists([userId]);
      return row && listOf(row);
    },
    async listLists(userIds) {
      return (await hot.listRemoteLists(userIds)).map(listOf);
    },
    async countLists(server, most) {
      const lists = db
        .selectFrom("remote_device_lists")
        .select("user_id")
        .where("server_name", "=", server)
        .limit(most);
      const counted = db.selectFrom(lists.as("page")).select((row) => row.fn.countAll<number>().as("count"));
      return (await session.first("remote_device_lists.count", counted))?.count ?? 0;
    },
    async put(list) {
      const values = {
        stream_id: list.streamId ?? null,
        is_fresh: list.isFresh ? 1 : 0,
        followed_until: list.followedUntil ?? null,
        attempts: list.attempts,
        next_resync_at: list.nextResyncAt ?? null,
      };
      const put = db
        .insertInto("remote_device_lists")
        .values({ user_id: list.userId, server_name: serverNameOf(list.userId), used_at: list.usedAt, ...values })
        .onConflict((conflict) => conflict.column("user_id").doUpdateSet(values));
      await session.run("remote_device_lists.put", put);
    },
    async listDue(now, limit, except) {
      let due = db.selectFrom("remote_device_lists").select(columns).where("next_resync_at", "<=", now);
      if (except.length > 0) due = due.where("server_name", "not in", except);
      const first = due.orderBy("next_resync_at").limit(limit);
      return (await session.all("remote_device_lists.due", first)).map(listOf);
    },
    async findNextResync() {
      const next = db
        .selectFrom("remote_device_lists")
        .select("next_resync_at")
        .where("next_resync_at", "is not", null)
        .orderBy("next_resync_at")
        .limit(1);
      return (await session.first("remote_device_lists.next", next))?.next_resync_at ?? undefined;
    },
    async markAllStale() {
      const stale = { is_fresh: 0, followed_until: null, attempts: 0, next_resync_at: 0 };
      const fresh = db.updateTable("remote_device_lists").set(stale).where("is_fresh", "=", 1);
      await session.run("remote_device_lists.mark-all-stale", fresh);
    },
    async markUsed(userIds, usedAt) {
      if (userIds.length === 0) return;
      const used = db.updateTable("remote_device_lists").set({ used_at: usedAt }).where("user_id", "in", userIds);
      await session.run("remote_device_lists.mark-used", used);
    },
    async listUnused(before, limit) {
      const unused = db.selectFrom("remote_device_lists").select("user_id").where("used_at", "<", before);
      const rows = await session.all("remote_device_lists.unused", unused.orderBy("used_at").limit(limit));
      return rows.map((row) => row.user_id as UserId);
    },
    async hasten(server, now) {
      const waiting = db
        .updateTable("remote_device_lists")
        .set({ next_resync_at: now })
        .where("server_name", "=", server)
        // As the index has it, which leaves out those that are fresh and wait to be renewed.
        .where("attempts", ">", sql.lit(0))
        .where("next_resync_at", ">", now);
      return session.run("remote_device_lists.hasten", waiting);
    },
    async listKeys(userIds) {
      const devices = await hot.listRemoteDeviceKeys(userIds);
      return keysByUser(devices, await hot.listRemoteCrossSigningKeys(userIds));
    },
    async findDevice(userId, deviceId) {
      const device = db
        .selectFrom("remote_device_keys")
        .select(["user_id", "device_id", "ed25519", "rendered"])
        .where("user_id", "=", userId)
        .where("device_id", "=", deviceId);
      const row = await session.first("remote_device_keys.find", device);
      return row && deviceOf(row);
    },
    async countDevices(userId) {
      const counted = db
        .selectFrom("remote_device_keys")
        .select((row) => row.fn.countAll<number>().as("count"))
        .where("user_id", "=", userId);
      return (await session.first("remote_device_keys.count", counted))?.count ?? 0;
    },
    ...remoteKeyWrites(session),
  };
}

function keysByUser(
  devices: readonly RemoteDeviceKeyRow[],
  crossSigningKeys: readonly RemoteCrossSigningKeyRow[],
): Map<UserId, RemoteUserKeys> {
  const found = new Map<UserId, { devices: RemoteDeviceKeys[]; crossSigningKeys: RemoteCrossSigningKey[] }>();
  const keysOf = ({ user_id }: { readonly user_id: string }) => {
    const known = found.get(user_id as UserId);
    if (known) return known;
    const none = { devices: [], crossSigningKeys: [] };
    found.set(user_id as UserId, none);
    return none;
  };
  for (const row of devices) keysOf(row).devices.push(deviceOf(row));
  for (const row of crossSigningKeys) keysOf(row).crossSigningKeys.push(crossSigningKeyOf(row));
  return found;
}

function listOf(row: RemoteListRow): RemoteDeviceList {
  return {
    userId: row.user_id as UserId,
    streamId: row.stream_id ?? undefined,
    isFresh: row.is_fresh === 1,
    followedUntil: row.followed_until ?? undefined,
    attempts: row.attempts,
    nextResyncAt: row.next_resync_at ?? undefined,
    usedAt: row.used_at,
  };
}

function deviceOf({ device_id, ed25519, rendered }: RemoteDeviceKeyRow): RemoteDeviceKeys {
  return { deviceId: device_id as DeviceId, ed25519: ed25519 ?? undefined, rendered };
}

function crossSigningKeyOf({ usage, public_key, rendered }: RemoteCrossSigningKeyRow): RemoteCrossSigningKey {
  return { usage: usage as RemoteCrossSigningKey["usage"], publicKey: public_key, rendered };
}
