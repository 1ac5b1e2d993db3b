import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Account } from "../../examples/matrix-client.ts";
import { type DatabasePlace, openDatabase } from "../../src/adapters/sql/open-database.ts";
import { systemClock } from "../../src/adapters/system/system-clock.ts";
import { systemRandom } from "../../src/adapters/system/system-random.ts";
import { createServer, type Server } from "../../src/app.ts";
import { tokenDigest } from "../../src/domain/authentication/token-pair.ts";
import type { DeviceId } from "../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { afterTest } from "../support/after-test.ts";
import { Client } from "../support/client.ts";
import { writeSigningKey } from "../support/signing-key.ts";
import { seed, seedNote } from "./effort.ts";
import { pick } from "./key-requests.ts";
import { configOf, type RaceEngine, type Servers, sqlite } from "./race-engines.ts";

/** A database in which many devices are logged in without a password ever being hashed, and a folder for its servers. */
export interface SeededFolder {
  readonly folder: string;
  readonly place: DatabasePlace;
  /** A config; the server picks a port. Each server needs a `data_dir` of its own. */
  readonly config: { readonly data_dir: string } & Record<string, unknown>;
  /** In the order asked for. */
  readonly accounts: readonly Account[];
}

/** `names`: each a localpart and a device id, such as "alice PHONE". All of it is removed after the test. */
export async function seededFolder(
  t: TestContext,
  engine: RaceEngine,
  names: readonly string[],
): Promise<SeededFolder> {
  const folder = mkdtempSync(join(tmpdir(), "claviger-races-"));
  afterTest(t, () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const { place, remove } = await engine.createDatabase(folder);
  afterTest(t, remove);
  const config = {
    ...{ server_name: "localhost", data_dir: join(folder, "data"), database: configOf(place) },
    listeners: [{ port: 0, bind: "127.0.0.1", resources: ["client", "health"] }],
    ...{ limits: { enabled: false }, log: { level: "error" } },
  };
  const accounts = names.map((name) => {
    const [localpart = "", deviceId = ""] = name.split(" ");
    return { userId: `@${localpart}:localhost`, deviceId, accessToken: `token-of-${localpart}-${deviceId}` };
  });
  await writeAccounts(place, config.data_dir, accounts);
  return { folder, place, config, accounts };
}

/** Servers in this process on one seeded database, and a client for each device, which goes to any of them. */
export async function openSeededServers(
  t: TestContext,
  { engine, servers: count }: Servers,
  names: readonly string[],
  overrides: Record<string, unknown> = {},
) {
  t.diagnostic(seedNote);
  const files = await seededFolder(t, engine, names);
  const { config, accounts } = files;
  const starting = Array.from({ length: count }, (_, index) =>
    startOne(t, { ...config, ...overrides, data_dir: `${config.data_dir}-${index}` }),
  );
  const urls = (await Promise.all(starting)).map(({ url }) => url);
  const random = seededNumbers(seed);
  const anyUrl = () => pick(random, urls);
  return { ...files, anyUrl, clients: accounts.map((account) => new Client(anyUrl, account)) };
}

/** The clients alone, one for each name. */
export async function seededServers<const Names extends readonly string[]>(
  t: TestContext,
  deployment: Servers,
  names: Names,
  overrides: Record<string, unknown> = {},
): Promise<ClientsOf<Names>> {
  return (await openSeededServers(t, deployment, names, overrides)).clients as ClientsOf<Names>;
}

/** One server on SQLite, where nothing depends on the engine. */
export function seededServer<const Names extends readonly string[]>(
  t: TestContext,
  names: Names,
  overrides: Record<string, unknown> = {},
): Promise<ClientsOf<Names>> {
  return seededServers(t, { engine: sqlite, servers: 1 }, names, overrides);
}

type ClientsOf<Names extends readonly string[]> = { -readonly [Index in keyof Names]: Client };

function startOne(t: TestContext, config: { readonly data_dir: string }): Promise<Server> {
  writeSigningKey(config.data_dir);
  return startServer(t, config);
}

/** Listens; is closed after the test. */
export async function startServer(t: TestContext, config: object, restored = false): Promise<Server> {
  const server = await createServer({ config, restored });
  // Closing twice does no harm to the listener, but the database closes once.
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= server.close());
  afterTest(t, close);
  await server.listen();
  return { listen: server.listen, url: server.url, close };
}

/** `prefix0 PHONE` and so on. */
export function phones(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index} PHONE`);
}

/** A SQLite file alone, without a server. */
export function openSeeded(path: string, dataDir: string) {
  return openPlace({ engine: "sqlite", path }, dataDir, "server");
}

/** The database alone. A "command" may look at PostgreSQL while servers use it. */
export function openPlace(place: DatabasePlace, dataDir: string, role: "server" | "command") {
  return openDatabase(place, {
    ...{ dataDir, serverName: "localhost", role, watchdog: false },
    ...{ clock: systemClock, random: systemRandom, wake: () => undefined, wakeAll: () => undefined },
    ...{ timer: () => undefined, onRestore: async () => undefined },
  });
}

/** Writes them into a new database, logged in without a password ever being hashed. */
export async function writeAccounts(
  place: DatabasePlace,
  dataDir: string,
  accounts: readonly Account[],
): Promise<void> {
  const database = await openPlace(place, dataDir, "server");
  await database.unitOfWork.run("everything", async (stores) => {
    for (const account of accounts) {
      const owner = { userId: account.userId as UserId, deviceId: account.deviceId as DeviceId };
      await stores.accounts.add({ userId: owner.userId, passwordHash: "none", isAdmin: false, createdAt: 0 });
      await stores.devices.add(owner, undefined, { at: 0, ip: "127.0.0.1" });
      const never = { expiresAt: undefined, refreshDigest: undefined, predecessor: undefined };
      await stores.accessTokens.add({ ...owner, ...never, digest: tokenDigest(account.accessToken), createdAt: 0 });
    }
  });
  await database.close();
}
