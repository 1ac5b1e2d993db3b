import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Account } from "../../examples/matrix-client.ts";
import { openDatabase } from "../../src/adapters/sql/open-database.ts";
import { systemClock } from "../../src/adapters/system/system-clock.ts";
import { systemRandom } from "../../src/adapters/system/system-random.ts";
import { createServer, type Server } from "../../src/app.ts";
import { tokenDigest } from "../../src/domain/authentication/token-pair.ts";
import type { DeviceId } from "../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { Client } from "../support/client.ts";

/** A folder with a database file, in which many devices are logged in without a password ever being hashed. */
export interface SeededFolder {
  readonly folder: string;
  readonly database: string;
  /** A config; the server picks a port. */
  readonly config: Record<string, unknown>;
  /** In the order asked for. */
  readonly accounts: readonly Account[];
}

/** `names`: each a localpart and a device id, such as "alice PHONE". The folder is removed after the test. */
export async function seededFolder(t: TestContext, names: readonly string[]): Promise<SeededFolder> {
  const folder = mkdtempSync(join(tmpdir(), "claviger-races-"));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const database = join(folder, "claviger.db");
  const config = {
    ...{ server_name: "localhost", data_dir: join(folder, "data"), database: { engine: "sqlite", path: database } },
    listeners: [{ port: 0, bind: "127.0.0.1", resources: ["client", "health"] }],
    ...{ limits: { enabled: false }, log: { level: "error" } },
  };
  const accounts = names.map((name) => {
    const [localpart = "", deviceId = ""] = name.split(" ");
    return { userId: `@${localpart}:localhost`, deviceId, accessToken: `token-of-${localpart}-${deviceId}` };
  });
  await writeAccounts(database, config.data_dir, accounts);
  return { folder, database, config, accounts };
}

/** A server in this process on a seeded folder, and a client for each device. */
export async function seededServer<const Names extends readonly string[]>(
  t: TestContext,
  names: Names,
  overrides: Record<string, unknown> = {},
): Promise<ClientsOf<Names>> {
  const { config, accounts } = await seededFolder(t, names);
  const server = await startServer(t, { ...config, ...overrides });
  return accounts.map((account) => new Client(server.url, account)) as ClientsOf<Names>;
}

type ClientsOf<Names extends readonly string[]> = { -readonly [Index in keyof Names]: Client };

/** Listens; is closed after the test. */
export async function startServer(t: TestContext, config: object, restored = false): Promise<Server> {
  const server = await createServer({ config, restored });
  // Closing twice does no harm to the listener, but the database closes once.
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= server.close());
  t.after(close);
  await server.listen();
  return { listen: server.listen, url: server.url, close };
}

/** `prefix0 PHONE` and so on. */
export function phones(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index} PHONE`);
}

/** The database alone, without a server. */
export function openSeeded(path: string, dataDir: string) {
  return openDatabase(
    { engine: "sqlite", path },
    {
      ...{ dataDir, serverName: "localhost", role: "server", watchdog: false },
      ...{ clock: systemClock, random: systemRandom, wake: () => undefined, wakeAll: () => undefined },
      ...{ timer: () => undefined, onRestore: async () => undefined },
    },
  );
}

async function writeAccounts(path: string, dataDir: string, accounts: readonly Account[]): Promise<void> {
  const database = await openSeeded(path, dataDir);
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
