import type { PostgresConnection } from "./postgres-connections.ts";

/** What the server relies on, as PostgreSQL says it. */
export interface ServerSettings {
  readonly version: string;
  readonly versionNumber: number;
  readonly encoding: string;
  readonly standby: boolean;
  readonly fsync: string;
  readonly fullPageWrites: string;
  readonly synchronousCommit: string;
}

const settingsText = `SELECT current_setting('server_version') AS version,
  current_setting('server_version_num')::int AS "versionNumber", current_setting('server_encoding') AS encoding,
  pg_is_in_recovery() AS standby, current_setting('fsync') AS fsync,
  current_setting('full_page_writes') AS "fullPageWrites", current_setting('synchronous_commit') AS "synchronousCommit"`;

const oldestVersion = 15;

export async function findSettings(connection: PostgresConnection): Promise<ServerSettings> {
  const [row] = (await connection.query<ServerSettings>("settings.find", settingsText, [])).rows;
  if (!row) throw new Error("The database told nothing of its settings");
  return row;
}

/** Why Claviger cannot work on this server, in one line; `undefined` when it can. */
export function whyUnfit({ version, versionNumber, encoding, standby }: ServerSettings): string | undefined {
  if (versionNumber < oldestVersion * 10_000)
    return `PostgreSQL ${version} is too old: ${oldestVersion} or later is needed`;
  if (encoding !== "UTF8") return `its encoding is ${encoding}: create the database with ENCODING 'UTF8'`;
  return standby ? "it is a standby, which cannot be written to: give the address of the primary" : undefined;
}

/** Settings under which a write that was answered may be lost (rule E4), each as `name=value`. */
export function lossySettings({ fsync, fullPageWrites, synchronousCommit }: ServerSettings): string[] {
  return [
    ...(fsync === "off" ? ["fsync=off"] : []),
    ...(fullPageWrites === "off" ? ["full_page_writes=off"] : []),
    ...(synchronousCommit === "off" ? ["synchronous_commit=off"] : []),
  ];
}
