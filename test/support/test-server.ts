import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Account } from "../../examples/matrix-client.ts";
import { createServer, type Server } from "../../src/app.ts";
import { checkedFetch } from "../openapi/checking-fetch.ts";

export interface TestServer {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  readonly server: Server;
  /** Stops the server and removes its data. */
  close(): Promise<void>;
}

interface EmptyDatabase {
  /** The section `database` of the config. */
  readonly config: object;
  drop(): Promise<void>;
}

/** In memory, unless the environment says `TEST_ENGINE=postgres`. */
async function emptyDatabase(): Promise<EmptyDatabase> {
  if (process.env["TEST_ENGINE"] !== "postgres") {
    return { config: { engine: "sqlite", path: ":memory:" }, drop: async () => undefined };
  }
  // Not an import that `npm test` sees: it would start a PostgreSQL for every file that starts a server.
  const runCluster = "./postgres/run-cluster.ts";
  const { createMigratedDatabase } = (await import(runCluster)) as {
    createMigratedDatabase(): Promise<{ url: string; drop(): Promise<void> }>;
  };
  const { url, drop } = await createMigratedDatabase();
  return { config: { engine: "postgres", url, pool_size: 8 }, drop };
}

/**
 * A server of its own on a free port, with an empty database, open registration and no limits.
 * `overrides` replaces whole sections of the config: `{ claims: { budget: 5 } }`.
 */
export async function startTestServer(overrides: Record<string, unknown> = {}): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), "claviger-test-"));
  const database = await emptyDatabase();
  const config = {
    server_name: "localhost",
    data_dir: folder,
    database: database.config,
    listeners: [{ port: 0, bind: "127.0.0.1", resources: ["client", "health"] }],
    registration: { mode: "open" },
    limits: { enabled: false },
    log: { level: "error" },
    ...overrides,
  };
  const server = await createServer({ config, development: true });
  await server.listen();
  const close = async () => {
    await server.close();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  };
  return { url: server.url, server, close };
}

/** Makes an account, with one device that is logged in. */
export async function registerUser(
  url: string,
  localpart: string,
  password = `${localpart}-password`,
): Promise<Account> {
  return accountOf("register", url, { username: localpart, password, auth: { type: "m.login.dummy" } });
}

/** Logs in with a password: onto a new device, or onto `deviceId`. */
export async function login(
  url: string,
  localpart: string,
  password = `${localpart}-password`,
  deviceId?: string,
): Promise<Account> {
  const identifier = { type: "m.id.user", user: localpart };
  return accountOf("login", url, {
    type: "m.login.password",
    identifier,
    password,
    ...(deviceId !== undefined && { device_id: deviceId }),
  });
}

async function accountOf(way: "register" | "login", url: string, body: object): Promise<Account> {
  const response = await checkedFetch(`${url}/_matrix/client/v3/${way}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Record<string, string>;
  if (response.status !== 200) throw new Error(`${way} answered ${response.status}: ${JSON.stringify(answer)}`);
  return { userId: answer["user_id"]!, deviceId: answer["device_id"]!, accessToken: answer["access_token"]! };
}
