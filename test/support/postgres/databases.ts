import { Client, escapeIdentifier } from "pg";

/** Runs statements on a connection of their own, to the database of `url`. */
export async function execute(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** @param template the database that it is a copy of, to which nobody may be connected; none makes it empty */
export async function createDatabase(url: string, name: string, template = "template1"): Promise<void> {
  await execute(url, `CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${escapeIdentifier(template)}`);
}

/** Ends the connections to it first. */
export async function dropDatabase(url: string, name: string): Promise<void> {
  await execute(url, `DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
}
