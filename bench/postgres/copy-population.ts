import Database from "better-sqlite3";
import type { Client } from "pg";
import { migrateDatabase } from "../../src/app.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import type { Cluster } from "../../test/support/postgres/cluster.ts";
import { serverConfig } from "../start-server.ts";
import { connectTo } from "./connect-to.ts";
import type { BenchDatabase } from "./populate.ts";

const rowsTogether = 2_000;
/** What every server writes for itself, and counters: both engines have their own. */
const ownTables = ["server_state", "stream", "leases", "signing_keys"];

/** Makes a database with what stands in a file of SQLite: the tables of both engines are the same. */
export async function copyPopulation(cluster: Cluster, name: string, path: string): Promise<BenchDatabase> {
  await cluster.createDatabase(name);
  const url = cluster.urlOf(name);
  const config = { engine: "postgres", url } as const;
  await migrateDatabase(parseConfig({ ...serverConfig("/nowhere"), database: config }, {}));
  const file = new Database(path, { readonly: true });
  const client = await connectTo(url);
  try {
    for (const table of tablesWithRows(file)) await copyTable(client, file, table);
    const position = file.prepare("SELECT position FROM stream").pluck().get();
    await client.query("UPDATE stream SET position = $1", [position]);
    await client.query("VACUUM ANALYZE");
  } finally {
    await client.end();
    file.close();
  }
  return { name, url, config };
}

function tablesWithRows(file: Database.Database): string[] {
  const names = file
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all() as string[];
  return names.filter((name) => !ownTables.includes(name) && file.prepare(`SELECT 1 FROM ${name} LIMIT 1`).get());
}

async function copyTable(client: Client, file: Database.Database, table: string): Promise<void> {
  let rows: unknown[] = [];
  const flush = async () => {
    const text = JSON.stringify(rows, (_, value) => bytesAsText(value));
    rows = [];
    await client.query(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1::json)`, [text]);
  };
  for (const row of file.prepare(`SELECT * FROM ${table}`).iterate()) {
    rows.push(row);
    if (rows.length === rowsTogether) await flush();
  }
  if (rows.length > 0) await flush();
}

/** Bytes as PostgreSQL reads them; `JSON.stringify` has made an object of a buffer by then. */
function bytesAsText(value: unknown): unknown {
  const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown };
  return type === "Buffer" && Array.isArray(data) ? `\\x${Buffer.from(data).toString("hex")}` : value;
}
