import type { QueryStatements, RenderedKeyRow } from "../../hot-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

/** What a query of keys stands on. */
export function queryStatements(connection: SqliteConnection): QueryStatements {
  const deviceKeys = connection.prepare<[string], RenderedKeyRow>(
    "device_keys.list",
    "SELECT user_id, device_id AS name, rendered FROM device_keys WHERE user_id = ?",
  );
  const crossSigningKeys = connection.prepare<[string], RenderedKeyRow>(
    "cross_signing_keys.list",
    "SELECT user_id, usage AS name, rendered FROM cross_signing_keys WHERE user_id = ?",
  );
  return {
    async listDeviceKeys(userIds) {
      return userIds.flatMap((userId) => deviceKeys.all(userId));
    },
    async listCrossSigningKeys(userIds) {
      return userIds.flatMap((userId) => crossSigningKeys.all(userId));
    },
  };
}
