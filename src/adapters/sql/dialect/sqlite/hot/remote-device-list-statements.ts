import type {
  RemoteCrossSigningKeyRow,
  RemoteDeviceKeyRow,
  RemoteDeviceListStatements,
  RemoteListRow,
} from "../../hot-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

/** What a query of other servers' users stands on. */
export function remoteDeviceListStatements(connection: SqliteConnection): RemoteDeviceListStatements {
  const lists = connection.prepare<[string], RemoteListRow>(
    "remote_device_lists.list",
    `SELECT user_id, stream_id, is_fresh, followed_until, attempts, next_resync_at, used_at
     FROM remote_device_lists WHERE user_id = ?`,
  );
  const deviceKeys = connection.prepare<[string], RemoteDeviceKeyRow>(
    "remote_device_keys.list",
    "SELECT user_id, device_id, ed25519, rendered FROM remote_device_keys WHERE user_id = ? ORDER BY device_id",
  );
  const crossSigningKeys = connection.prepare<[string], RemoteCrossSigningKeyRow>(
    "remote_cross_signing_keys.list",
    "SELECT user_id, usage, public_key, rendered FROM remote_cross_signing_keys WHERE user_id = ? ORDER BY usage",
  );
  return {
    async listRemoteLists(userIds) {
      return distinct(userIds).flatMap((userId) => lists.all(userId));
    },
    async listRemoteDeviceKeys(userIds) {
      return distinct(userIds).flatMap((userId) => deviceKeys.all(userId));
    },
    async listRemoteCrossSigningKeys(userIds) {
      return distinct(userIds).flatMap((userId) => crossSigningKeys.all(userId));
    },
  };
}

/** Who is asked for twice is found once, as by one statement for all. */
function distinct(userIds: readonly string[]): string[] {
  return [...new Set(userIds)];
}
