import type { Client } from "pg";
import { migrateDatabase } from "../../src/app.ts";
import { parseConfig } from "../../src/config/parse-config.ts";
import type { Cluster } from "../../test/support/postgres/cluster.ts";
import { deviceAt, digestOfToken, serverName } from "../population/identities.ts";
import { serverConfig } from "../start-server.ts";
import { connectTo } from "./connect-to.ts";

/** A database of the cluster in which benchmarks work. */
export interface BenchDatabase {
  readonly name: string;
  readonly url: string;
  /** The section `database` of the config. */
  readonly config: { readonly engine: "postgres"; readonly url: string };
}

/** Devices with one-time keys, whom nobody is logged in on; their names can be computed in SQL. */
export interface Targets {
  readonly devices: number;
  /** One-time keys of each. */
  readonly keys: number;
}

export const algorithm = "signed_curve25519";

export function targetAt(index: number): { userId: string; deviceId: string } {
  const number = String(index).padStart(5, "0");
  return { userId: `@person-${number}:${serverName}`, deviceId: `PHONE${number}` };
}

/** The same in SQL. A colon would be pgbench's sign for a variable. @param index an expression of type text */
export function targetInSql(index: string): { userId: string; deviceId: string } {
  const number = `lpad(${index}, 5, '0')`;
  return { userId: `('@person-' || ${number} || chr(58) || '${serverName}')`, deviceId: `('PHONE' || ${number})` };
}

/** Makes a database with `people` devices that are logged in (`deviceAt`), and with targets. */
export async function createPopulated(
  cluster: Cluster,
  name: string,
  { people, targets }: { readonly people: number; readonly targets: Targets },
): Promise<BenchDatabase> {
  await cluster.createDatabase(name);
  const url = cluster.urlOf(name);
  const config = { engine: "postgres", url } as const;
  await migrateDatabase(parseConfig({ ...serverConfig("/nowhere"), database: config }, {}));
  const client = await connectTo(url);
  try {
    await insertPeople(client, people);
    await insertTargets(client, targets);
    await fillPools(client, targets);
  } finally {
    await client.end();
  }
  return { name, url, config };
}

async function insertPeople(client: Client, people: number): Promise<void> {
  const devices = Array.from({ length: people }, (_, index) => deviceAt(index));
  const names = [devices.map(({ userId }) => userId), devices.map(({ deviceId }) => deviceId)];
  const digests = devices.map(digestOfToken);
  await client.query(
    `INSERT INTO accounts (user_id, is_admin, created_at) SELECT DISTINCT user_id, 0, 0 FROM unnest($1::text[]) AS user_id`,
    [names[0]],
  );
  await client.query(
    `INSERT INTO devices (user_id, device_id, created_at) SELECT *, 0 FROM unnest($1::text[], $2::text[])`,
    names,
  );
  await client.query(
    `INSERT INTO access_tokens (user_id, device_id, digest, created_at)
      SELECT *, 0 FROM unnest($1::text[], $2::text[], $3::bytea[])`,
    [...names, digests],
  );
}

async function insertTargets(client: Client, { devices }: Targets): Promise<void> {
  const { userId, deviceId } = targetInSql("number::text");
  const numbers = `generate_series(0, ${devices - 1}) AS number`;
  await client.query(`INSERT INTO accounts (user_id, is_admin, created_at)
    SELECT ${userId}, 0, 0 FROM ${numbers} ON CONFLICT DO NOTHING`);
  await client.query(
    `INSERT INTO devices (user_id, device_id, created_at) SELECT ${userId}, ${deviceId}, 0 FROM ${numbers}`,
  );
}

/** Brings the pool of every target to its size. Keys and signatures are random, if not as random as real ones. */
export async function fillPools(client: Client, { devices, keys }: Targets): Promise<void> {
  const { userId, deviceId } = targetInSql("number::text");
  await client.query("BEGIN");
  await client.query(`CREATE TEMPORARY TABLE fresh ON COMMIT DROP AS
    SELECT target.user_id, target.device_id, uuid_send(gen_random_uuid()) AS digest, nextval('upload_orders') AS upload_order
    FROM (SELECT ${userId} AS user_id, ${deviceId} AS device_id FROM generate_series(0, ${devices - 1}) AS number) AS target
    CROSS JOIN LATERAL generate_series(1, ${keys} - (SELECT count(*) FROM one_time_keys pool
      WHERE pool.user_id = target.user_id AND pool.device_id = target.device_id AND pool.algorithm = '${algorithm}'))`);
  await client.query(`INSERT INTO one_time_keys (user_id, device_id, algorithm, upload_order, key_id, digest, json)
    SELECT user_id, device_id, '${algorithm}', upload_order, '${algorithm}:' || lpad(to_hex(upload_order), 11, 'A'), digest,
      concat('{"key":"', left(repeat(hex, 2), 43), '","signatures":{"', user_id, '":{"ed25519:', device_id, '":"',
        left(repeat(hex, 3), 86), '"}}}')
    FROM (SELECT *, encode(digest, 'hex') AS hex FROM fresh) AS fresh`);
  await client.query(`INSERT INTO remembered_keys (user_id, device_id, algorithm, digest, upload_order)
    SELECT user_id, device_id, '${algorithm}', digest, upload_order FROM fresh`);
  await client.query("COMMIT");
}
