import type { PostgresConnection } from "./postgres-connections.ts";
import type { DatabaseFacts } from "./restore-watch.ts";

const factsText = `SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline,
  concat_ws(':', (SELECT system_identifier FROM pg_control_system()), substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
    (SELECT oid FROM pg_database WHERE datname = current_database()), 'server_state'::regclass::oid) AS identity,
  (SELECT value FROM server_state WHERE name = 'database_identity') AS "recordedIdentity",
  (SELECT last_value FROM commit_numbers) AS commit_number`;

/** One statement, and so one transaction. A sequence alone is not durable at the commit: the row makes it so. */
const recordText = `WITH recorded AS (
    INSERT INTO server_state (name, value) VALUES ('database_identity', $1)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value)
  SELECT max(nextval('commit_numbers')) AS last FROM generate_series(1, $2::int)`;

/** What the database says of itself now (rule E5). */
export async function findFacts(connection: PostgresConnection): Promise<DatabaseFacts> {
  const [row] = (await connection.query<RawFacts>("server-state.facts", factsText, [])).rows;
  if (!row) throw new Error("The database told nothing of itself");
  return { ...row, recordedIdentity: row.recordedIdentity ?? undefined };
}

type RawFacts = Omit<DatabaseFacts, "recordedIdentity"> & { recordedIdentity: string | null };

/** Records that the database is the one that it is, and uses up `count` transaction numbers; gives the last of them. */
export async function recordIdentity(
  connection: PostgresConnection,
  { identity }: DatabaseFacts,
  count: number,
): Promise<number> {
  const { rows } = await connection.query<{ last: number }>("server-state.record", recordText, [identity, count]);
  return rows[0]?.last ?? 0;
}

/** The server name that the data belongs to: the first that was ever given. */
export async function claimServerName(connection: PostgresConnection, serverName: string): Promise<string> {
  const insert = "INSERT INTO server_state (name, value) VALUES ('server_name', $1) ON CONFLICT DO NOTHING";
  await connection.query("server-state.claim-name", insert, [serverName]);
  const select = "SELECT value FROM server_state WHERE name = 'server_name'";
  const [row] = (await connection.query<{ value: string }>("server-state.name", select, [])).rows;
  return row?.value ?? serverName;
}
