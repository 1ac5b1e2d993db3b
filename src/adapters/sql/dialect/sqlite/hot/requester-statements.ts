import type { AccessTokenRow, RequesterStatements } from "../../hot-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

export function requesterStatements(connection: SqliteConnection): RequesterStatements {
  const find = connection.prepare<[Buffer], AccessTokenRow>(
    "access_tokens.find",
    "SELECT user_id, device_id, expires_at, predecessor_digest FROM access_tokens WHERE digest = ?",
  );
  const device = connection.prepare<[string, string], { device_id: string }>(
    "devices.has",
    "SELECT device_id FROM devices WHERE user_id = ? AND device_id = ?",
  );
  return {
    async findAccessToken(digest) {
      return find.first(digest);
    },
    async hasDevice({ userId, deviceId }) {
      return device.first(userId, deviceId) !== undefined;
    },
  };
}
