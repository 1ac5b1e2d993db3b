import type {
  RemoteCrossSigningKeyRow,
  RemoteDeviceKeyRow,
  RemoteDeviceListStatements,
  RemoteListRow,
} from "../../hot-statements.ts";
import type { StatementRunner } from "../statement-runner.ts";

const listsText = `SELECT user_id, stream_id, is_fresh, followed_until, attempts, next_resync_at, used_at
  FROM remote_device_lists WHERE user_id = ANY ($1::text[])`;
const deviceKeysText = `SELECT user_id, device_id, ed25519, rendered FROM remote_device_keys
  WHERE user_id = ANY ($1::text[]) ORDER BY user_id, device_id`;
const crossSigningKeysText = `SELECT user_id, usage, public_key, rendered FROM remote_cross_signing_keys
  WHERE user_id = ANY ($1::text[]) ORDER BY user_id, usage`;

/** What a query of other servers' users stands on. */
export function remoteDeviceListStatements(runner: StatementRunner): RemoteDeviceListStatements {
  return {
    async listRemoteLists(userIds) {
      return (await runner.read<RemoteListRow>("remote_device_lists.list", listsText, [userIds])).rows;
    },
    async listRemoteDeviceKeys(userIds) {
      return (await runner.read<RemoteDeviceKeyRow>("remote_device_keys.list", deviceKeysText, [userIds])).rows;
    },
    async listRemoteCrossSigningKeys(userIds) {
      return (
        await runner.read<RemoteCrossSigningKeyRow>("remote_cross_signing_keys.list", crossSigningKeysText, [userIds])
      ).rows;
    },
  };
}
