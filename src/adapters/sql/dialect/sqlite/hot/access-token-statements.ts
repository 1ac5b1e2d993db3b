import type { AccessTokenRow, AccessTokenStatements } from "../../hot-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

export function accessTokenStatements(connection: SqliteConnection): AccessTokenStatements {
  const find = connection.prepare<[Buffer], AccessTokenRow>(
    "access_tokens.find",
    "SELECT user_id, device_id, expires_at, predecessor_digest FROM access_tokens WHERE digest = ?",
  );
  return {
    async findAccessToken(digest) {
      return find.first(digest);
    },
  };
}
