import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Account } from "../../examples/matrix-client.ts";
import { openDatabase } from "../../src/adapters/sql/open-database.ts";
import { systemClock } from "../../src/adapters/system/system-clock.ts";
import { systemRandom } from "../../src/adapters/system/system-random.ts";
import { createServer, type Server, type ServerOptions } from "../../src/app.ts";
import { tokenDigest } from "../../src/domain/authentication/token-pair.ts";
import type { Clock } from "../../src/domain/kernel/clock.ts";
import type { DeviceId } from "../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { Client } from "../support/client.ts";
import { writeSigningKey } from "../support/signing-key.ts";
import { temporaryFolder } from "./note-databases.ts";
import { tidyLater } from "./tidy.ts";

/** A config for a server on this database, for which all have one signing key; it picks a port. */
export function configOf(dataDir: string, url: string, database: Record<string, unknown> = {}) {
  writeSigningKey(dataDir);
  return {
    ...{ server_name: "localhost", data_dir: dataDir, database: { engine: "postgres", url, ...database } },
    listeners: [{ port: 0, bind: "127.0.0.1", resources: ["client", "health"] }],
    ...{ registration: { mode: "open" }, limits: { enabled: false }, log: { level: "silent" } },
  };
}

/** Makes users with one device each, logged in without a password ever being hashed: `alice` has the device `PHONE`. */
export async function writeUsers(dataDir: string, url: string, names: readonly string[]): Promise<Account[]> {
  const place = { engine: "postgres", url, poolSize: 4, listenUrl: undefined, preparedStatements: "auto" } as const;
  const database = await openDatabase(place, {
    ...{ dataDir, serverName: "localhost", role: "command", watchdog: false },
    ...{ clock: systemClock, random: systemRandom, wake: () => undefined, wakeAll: () => undefined },
    ...{ timer: () => undefined, onRestore: async () => undefined },
  });
  const accounts = names.map((name) => {
    return { userId: `@${name}:localhost`, deviceId: "PHONE", accessToken: `token-of-${name}` };
  });
  await database.unitOfWork.run("everything", async (stores) => {
    for (const { userId, deviceId, accessToken } of accounts) {
      const owner = { userId: userId as UserId, deviceId: deviceId as DeviceId };
      await stores.accounts.add({ userId: owner.userId, passwordHash: "none", isAdmin: false, createdAt: 0 });
      await stores.devices.add(owner, undefined, { at: 0, ip: "127.0.0.1" });
      const never = { expiresAt: undefined, refreshDigest: undefined, predecessor: undefined };
      await stores.accessTokens.add({ ...owner, ...never, digest: tokenDigest(accessToken), createdAt: 0 });
    }
  });
  await database.close();
  return accounts;
}

interface HouseOptions {
  /** Where each server finds the database: as many servers as there are entries. */
  readonly urls: readonly string[];
  /** Where the users are written, if not by way of the first server's url. */
  readonly directUrl?: string;
  readonly database?: Record<string, unknown>;
  readonly clock?: Clock;
}

/** Patience runs out 8 times as fast. */
export const hurriedClock: Clock = { now: () => systemClock.now(), monotonic: () => systemClock.monotonic() * 8 };

/** Servers of one house in this process, each as a process of its own would be, on one database. */
export interface House {
  readonly servers: readonly Server[];
  readonly accounts: readonly Account[];
  readonly dataDirs: readonly string[];
  /** A user's client at one of the servers. */
  client(user: number, server?: number): Client;
  close(): Promise<void>;
}

/** Closed after the test. */
export async function openHouse(t: TestContext, options: HouseOptions, names: readonly string[]): Promise<House> {
  const { urls, directUrl = urls[0] ?? "", database = {}, clock = systemClock } = options;
  const folder = temporaryFolder(t);
  const accounts = await writeUsers(join(folder, "seed"), directUrl, names);
  const dataDirs = urls.map((_, index) => join(folder, `data${index}`));
  const servers: Server[] = [];
  for (const [index, url] of urls.entries()) {
    servers.push(await startServer(t, configOf(dataDirs[index] ?? "", url, database), { clock }));
  }
  const client = (user: number, server = 0) => new Client(servers[server]?.url ?? "", accounts[user] as Account);
  const close = async () => {
    await Promise.all(servers.map((server) => server.close()));
  };
  return { servers, accounts, dataDirs, client, close };
}

/** Listens; closed after the test, or before. */
export async function startServer(
  t: TestContext,
  config: object,
  options: Omit<ServerOptions, "config"> = {},
): Promise<Server> {
  const server = await createServer({ config, ...options });
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= server.close();
    return closing;
  };
  tidyLater(t, close);
  await server.listen();
  return { listen: () => server.listen(), url: server.url, close };
}
