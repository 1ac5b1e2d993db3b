import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Client } from "pg";
import { createStores } from "../../src/adapters/sql/create-stores.ts";
import { openPostgres } from "../../src/adapters/sql/dialect/postgres/open-postgres.ts";
import { runAndFail } from "../stores/contract.ts";
import { useEveryMethod } from "../stores/use-every-method.ts";
import { createTestDatabase } from "../support/postgres/run-cluster.ts";

const user = "'@u' || (i / 10) || ':example.org'";
const device = `${user}, 'D' || (i % 10)`;
const room = "'!room' || (i / 100)";
/** Rows that are not old yet. */
const later = "4102444800000 + i";

/** Rows enough that reading all of them is the dearest way; columns in the order of the tables. */
const population: Readonly<Record<string, string>> = {
  accounts: "'@u' || i || ':example.org', null, 0, 0, null",
  devices: `${device}, null, 0, null, null`,
  access_tokens: `sha256(i::text::bytea), ${device}, 0, null, null, null`,
  refresh_tokens: `sha256(i::text::bytea), ${device}, 0, null`,
  ui_auth_sessions: `i, 'POST', '/', '', null, '[]', ${later}, null`,
  device_keys: `${device}, null, null, '{}', '{}'`,
  one_time_keys: `${user}, 'D', 'signed_curve25519', i, i, '', '{}'`,
  remembered_keys: `${user}, 'D', 'signed_curve25519', sha256(i::text::bytea), i`,
  claim_budgets: `${device}, '*', 1, ${later}`,
  cross_signing_keys: "'@u' || i || ':example.org', 'master', 'M', '{}', '{}'",
  key_signatures: `${user}, i, ${user}, i, 's'`,
  device_list_changes: "'@u' || i || ':example.org', i, i",
  acquaintances: `${user}, i, i`,
  signature_notices: `${user}, i, i`,
  to_device_inbox: `${device}, i, 's', 't', '{}'`,
  to_device_sent: `${device}, 't', i, ${later}`,
  account_data: `${user}, i, '{}', i`,
  filters: `${user}, i, '{}'`,
  profiles: `${user}, i, '{}'`,
  profile_changes: `${user}, '!room' || i`,
  room_aliases: "'#' || i || ':example.org', '!room' || (i / 10), '@u:example.org', 0",
  departures: "'@u' || i || ':example.org'",
  rooms: "'!room' || i, '12', 1, 1, 1, 1, 0, i",
  forward_extremities: "'!room' || (i / 2), 1, i",
  events: `i, ${room}, i, i, 't', CASE i % 10 WHEN 0 THEN 'k' END, ${user}, 0, '{}', '{}', 1, 1, null, null, 0, 0, 0`,
  state_snapshots: `${room}, i, i - 1, i % 10`,
  state_deltas: `${room}, i / 10, 't', i, i`,
  room_state: `${room}, 't', i, i, i`,
  room_members: `'@u' || (i % 1000) || ':example.org', ${room}, 'join', i, i, 0`,
  room_stays: `'@u' || (i % 1000) || ':example.org', ${room}, i, i`,
  // One of them is redacted: its thread gets shorter.
  event_relations: `CASE i WHEN 20 THEN '$e' ELSE i::text END, i / 10, 'm.thread', 't', ${user}, ${room}, i, i, null`,
  threads: `'!room' || (i / 20), i / 2, CASE i % 2 WHEN 0 THEN '' ELSE '@u' || (i / 2) || ':example.org' END, 2, i, i`,
  sent_events: `${device}, i, ${room}, 't', i, ${later}`,
  receipts: `'!room' || (i / 100), ${user}, 'm.read', i, '$e', 1, 0, i`,
  room_account_data: `${user}, '!room', i, '{}', i`,
  typing: `'!room' || (i / 100), ${user} || i, ${later}`,
  typing_changes: "'!room' || i, i",
  appservice_messages: `'bridge' || (i % 10), i, ${device}, 's', 't', '{}', i`,
  appservice_count_notes: `'bridge' || (i % 10), ${device}, i, i`,
  appservice_feeds: "'bridge' || i, 1, 1, 1, 1, '', 0, null, null, null",
  appservice_transactions: "'bridge' || i, 't', '{}', i",
  server_keys: "'s' || (i / 10) || '.test', 'ed25519:' || (i % 10), 'P', 0, null, 0",
  server_key_objects: `'s' || i || '.test', '{}', ${later}, i`,
  openid_tokens: `sha256(i::text::bytea), ${user}, ${later}`,
  listening_servers: `${user}, 's' || (i % 10) || '.test', ${later}`,
  told_device_lists: `'s' || (i % 10) || '.test', ${user}, 1`,
  destinations: "'s' || i || '.test', 1, 0, 'error', 0",
  federation_messages: `'s' || (i / 1000) || '.test', i, '{}', ${later}`,
  federation_device_changes: `'s' || (i / 1000) || '.test', ${device}, i`,
  federation_transactions: "'s' || i || '.test', 'T', '{}', 0",
  received_transactions: `'s' || (i % 10) || '.test', i, 1, ${later}`,
  received_messages: `'s' || (i % 10) || '.test', i, ${later}`,
  key_backup_numbers: "'@u' || i || ':example.org', 10, 10",
  key_backups: `${user}, i % 10, 'A', '{}', i % 10, 1, 'E'`,
  backed_up_keys: `${user}, 1, '!room', i, 0, 0, 1, '{}', null, 0`,
  deleted_key_sets: `${user}, i`,
  remote_device_lists: `'@u' || i || ':s.test', 's' || (i % 10) || '.test', 1, 1, null, 0, ${later}, ${later}`,
  remote_device_keys: "'@u' || (i / 10) || ':s.test', 'D' || (i % 10), null, '{}'",
  remote_cross_signing_keys: "'@u' || i || ':s.test', 'master', 'M', '{}'",
};

/** They are for all rows. */
const readWhole = [
  ...["appservice_feeds", "destinations", "fallback_keys", "login_throttles", "one_time_keys"],
  ...["remote_device_lists", "server_key_objects", "told_device_lists"],
];

test("statements find their rows by an index, but for those that are for the whole table", async (t) => {
  const { url, drop } = await createTestDatabase();
  t.after(drop);
  const dataDir = mkdtempSync(join(tmpdir(), "claviger-plans-"));
  t.after(() => rmSync(dataDir, { recursive: true }));
  const open = () =>
    openPostgres(
      {
        ...{ url, listenUrl: undefined, poolSize: 2, preparedStatements: "on", processId: "plans", dataDir },
        ...{ serverName: "example.org", clock: { now: () => 0, monotonic: () => 0 }, role: "command" },
        ...{ wake: () => undefined, wakeAll: () => undefined, timer: () => undefined, watchdog: true },
        onRestore: async () => undefined,
      },
      createStores,
    );
  await (await open()).close();
  await populate(url);
  const database = await open();
  // Several times: a statement that is used often is planned for any parameters.
  for (let round = 0; round < 8; round++) await runAndFail(database.unitOfWork, useEveryMethod);
  // A connection tells what it did when it ends.
  await database.close();
  assert.deepEqual(
    (await scannedTables(url)).filter((table) => !readWhole.includes(table)),
    [],
  );
});

async function populate(url: string): Promise<void> {
  await withClient(url, async (client) => {
    for (const [table, columns] of Object.entries(population)) {
      await client.query(`INSERT INTO ${table} SELECT ${columns} FROM generate_series(1, 20000) i`);
    }
    await client.query("ANALYZE");
    await client.query("SELECT pg_stat_reset()");
  });
}

function scannedTables(url: string): Promise<string[]> {
  return withClient(url, async (client) => {
    const text = `SELECT relname FROM pg_stat_user_tables WHERE seq_scan > 0 AND relname = ANY ($1) ORDER BY relname`;
    const { rows } = await client.query<{ relname: string }>(text, [Object.keys(population)]);
    return rows.map(({ relname }) => relname);
  });
}

async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
