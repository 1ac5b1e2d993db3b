import { join } from "node:path";
import Database from "better-sqlite3";
import { Argon2PasswordHasher } from "../../src/adapters/system/argon2-password-hasher.ts";
import { systemRandom } from "../../src/adapters/system/system-random.ts";
import { digestOfPublicKey } from "../../src/protocol/keys/one-time-key.ts";
import { startServer } from "../start-server.ts";
import { deviceAt, deviceCount, digestOfToken, password, userIdOf, users } from "./identities.ts";
import { crossSigningKeys, deviceKeys, oneTimeKey } from "./key-objects.ts";

/** So many devices, the first ones, have so many one-time keys each. */
export interface Pools {
  readonly devices: number;
  readonly keys: number;
}

/** Makes a database in `folder` with everybody in it; gives its path. It may be copied: no server knows it yet. */
export async function writePopulation(folder: string, pools: Pools): Promise<string> {
  const server = await startServer({ folder });
  await server.stop();
  const path = join(folder, "claviger.db");
  const database = new Database(path);
  database.pragma("synchronous = OFF");
  const passwordHash = await new Argon2PasswordHasher(systemRandom).hash(password);
  database.transaction(() => {
    for (let user = 0; user < users; user++) insertUser(database, user, passwordHash);
    for (let index = 0; index < deviceCount; index++) insertDevice(database, index);
    for (let index = 0; index < pools.devices; index++) insertPool(database, index, pools.keys);
    // A copy is another file, which would look restored from a backup (rule E5).
    database.prepare("DELETE FROM server_state WHERE name = 'file_identity'").run();
  })();
  database.pragma("wal_checkpoint(TRUNCATE)");
  database.close();
  return path;
}

const cached = new WeakMap<Database.Database, Map<string, Database.Statement>>();

function insert(
  database: Database.Database,
  table: string,
  row: Record<string, string | number | Buffer | null>,
): void {
  const statements = cached.getOrInsertComputed(database, () => new Map());
  const statement = statements.getOrInsertComputed(table, () => {
    const names = Object.keys(row);
    return database.prepare(
      `INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map((name) => `@${name}`).join(", ")})`,
    );
  });
  statement.run(row);
}

function insertUser(database: Database.Database, user: number, passwordHash: string): void {
  const userId = userIdOf(user);
  const created = { created_at: 1_700_000_000_000 };
  insert(database, "accounts", {
    ...{ user_id: userId, password_hash: passwordHash, is_admin: 0, deactivated_at: null },
    ...created,
  });
  for (const { usage, publicKey, json } of crossSigningKeys(userId)) {
    insert(database, "cross_signing_keys", { user_id: userId, usage, public_key: publicKey, json, rendered: json });
  }
}

function insertDevice(database: Database.Database, index: number): void {
  const device = deviceAt(index);
  const names = { user_id: device.userId, device_id: device.deviceId };
  const times = { created_at: 1_700_000_000_000 };
  const displayName = "app.example.org: Firefox on Linux";
  insert(database, "devices", {
    ...names,
    display_name: displayName,
    ...times,
    last_seen_at: null,
    last_seen_ip: null,
  });
  insert(database, "access_tokens", {
    ...{ digest: digestOfToken(device), ...names, ...times, expires_at: null, refresh_digest: null },
  });
  const selfSigningKey = crossSigningKeys(device.userId)[1]?.publicKey ?? "";
  const { ed25519, curve25519, json, rendered, crossSignature } = deviceKeys(device, selfSigningKey);
  insert(database, "device_keys", { ...names, ed25519, curve25519, json, rendered });
  insert(database, "key_signatures", {
    ...{ target_user_id: device.userId, target_key: device.deviceId, signer_user_id: device.userId },
    ...{ signer_key_id: `ed25519:${selfSigningKey}`, signature: crossSignature },
  });
}

function insertPool(database: Database.Database, index: number, keys: number): void {
  const device = deviceAt(index);
  const names = { user_id: device.userId, device_id: device.deviceId, algorithm: "signed_curve25519" };
  for (let number = 1; number <= keys; number++) {
    const { keyId, publicKey, json } = oneTimeKey(device, number);
    const digest = digestOfPublicKey(names.algorithm, publicKey);
    insert(database, "one_time_keys", { ...names, digest, upload_order: number, key_id: keyId, json });
    insert(database, "remembered_keys", { ...names, digest, upload_order: number });
  }
  const { keyId, publicKey, json } = oneTimeKey(device, keys + 1);
  const digest = digestOfPublicKey(names.algorithm, publicKey);
  insert(database, "fallback_keys", { ...names, key_id: keyId, digest, json, used: 0 });
}
