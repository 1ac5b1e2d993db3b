import type { TestContext } from "node:test";
import type { Database } from "../../src/adapters/sql/open-database.ts";
import { openDatabase } from "../../src/adapters/sql/open-database.ts";
import { systemClock } from "../../src/adapters/system/system-clock.ts";
import { systemRandom } from "../../src/adapters/system/system-random.ts";
import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import type { DeviceId } from "../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import type { OneTimeKey } from "../../src/protocol/keys/one-time-key.ts";
import { temporaryFolder } from "./note-databases.ts";
import { tidyLater } from "./tidy.ts";

export const algorithm = "signed_curve25519";

/** Opens a database with all stores, as a process of its own would; closed after the test. */
export async function openKeys(t: TestContext, url: string, dataDir = temporaryFolder(t)): Promise<Database> {
  const place = { engine: "postgres", url, poolSize: 20, listenUrl: undefined, preparedStatements: "auto" } as const;
  const database = await openDatabase(place, {
    ...{ dataDir, serverName: "example.org", role: "server", watchdog: false },
    ...{ clock: systemClock, random: systemRandom, wake: () => undefined, wakeAll: () => undefined },
    ...{ timer: () => undefined, onRestore: async () => undefined },
  });
  tidyLater(t, () => database.close());
  return database;
}

export function deviceOf(localpart: string, deviceId = "PHONE"): DeviceOwner {
  return { userId: `@${localpart}:example.org` as UserId, deviceId: deviceId as DeviceId };
}

/** A key as an upload would parse it; its name is all that matters. */
export function keyNamed(name: string): OneTimeKey {
  const digest = Buffer.alloc(16);
  digest.write(name);
  return { keyId: `${algorithm}:${name}`, algorithm, json: `{"key":"${name}"}`, digest } as OneTimeKey;
}

export function keysNamed(prefix: string, count: number): OneTimeKey[] {
  return Array.from({ length: count }, (_, index) => keyNamed(`${prefix}${index}`));
}

/** Puts keys into a device's pool, in one upload for each list. */
export async function addKeys(
  { unitOfWork }: Database,
  owner: DeviceOwner,
  ...uploads: readonly (readonly OneTimeKey[])[]
): Promise<void> {
  for (const keys of uploads) {
    await unitOfWork.run({ exclusive: [owner.userId] }, ({ oneTimeKeys }) => oneTimeKeys.add(owner, keys));
  }
}

/** Takes a key for each of these devices in one unit, as one claim does; the ids of the keys. */
export async function take({ unitOfWork }: Database, owners: readonly DeviceOwner[]): Promise<(string | undefined)[]> {
  const wanted = owners.map((target) => ({ target, algorithm }));
  const taken = await unitOfWork.run({}, ({ oneTimeKeys }) => oneTimeKeys.takeAll(wanted));
  return Array.from(taken, (key) => key?.keyId);
}

/** How often PostgreSQL had to break a deadlock in this database. */
export const deadlocksText = "SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()";
