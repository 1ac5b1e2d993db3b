import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Client as PostgresClient } from "pg";
import type { Account } from "../../examples/matrix-client.ts";
import type { Database } from "../../src/adapters/sql/open-database.ts";
import { freePort, type Running, startClaviger, untilHealthy } from "../cli/run-claviger.ts";
import { afterTest } from "../support/after-test.ts";
import { Client } from "../support/client.ts";
import { writeSigningKey } from "../support/signing-key.ts";
import { pick, type Random } from "./key-requests.ts";
import type { RaceEngine, Servers } from "./race-engines.ts";
import { openPlace, openSeeded, type SeededFolder, seededFolder } from "./seeded-server.ts";

type Stored = Database["snapshots"];

/** `claviger serve` as a process of its own, on a seeded database, which may be killed and started again. */
export class KillableServer {
  readonly files: SeededFolder;
  readonly #name: string;
  #running: Running | undefined;
  #url = "";

  private constructor(files: SeededFolder, name: string) {
    this.files = files;
    this.#name = name;
  }

  /** One server. Killed and removed after the test; not started yet. */
  static async create(t: TestContext, engine: RaceEngine, names: readonly string[]): Promise<KillableServer> {
    return (await KillableServer.createSeveral(t, { engine, servers: 1 }, names))[0] as KillableServer;
  }

  /** Servers on one database. */
  static async createSeveral(
    t: TestContext,
    { engine, servers: count }: Servers,
    names: readonly string[],
  ): Promise<KillableServer[]> {
    const files = await seededFolder(t, engine, names);
    const folders = Array.from({ length: count }, (_, index) => (index === 0 ? "data" : `data-${index}`));
    const servers = folders.map((name) => new KillableServer(files, name));
    for (const server of servers) {
      afterTest(t, async () => {
        const log = await server.kill();
        if (log !== "") t.diagnostic(log);
      });
    }
    return servers;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Resolves when it serves; gives a client for each device. */
  async start(...options: string[]): Promise<Client[]> {
    const { folder, config, accounts } = this.files;
    const port = await freePort();
    const [listener] = config["listeners"] as object[];
    // JSON is YAML.
    const own = { data_dir: join(folder, this.#name), listeners: [{ ...listener, port }], log: { level: "warn" } };
    writeSigningKey(own.data_dir);
    const text = JSON.stringify({ ...config, ...own });
    const file = `${this.#name}.yaml`;
    writeFileSync(join(folder, file), text);
    this.#running = startClaviger(["serve", "--config", file, ...options], { folder });
    this.#url = `http://127.0.0.1:${port}`;
    await untilHealthy(this.#url, this.#running);
    return accounts.map((account) => this.client(account));
  }

  /** Where it serves, or did. */
  get url(): string {
    return this.#url;
  }

  client(account: Account): Client {
    return new Client(this.#url, account);
  }

  /** SIGKILL; resolves to what it had written when it is gone. */
  async kill(): Promise<string> {
    return this.#end("SIGKILL");
  }

  /** SIGTERM: an orderly stop. */
  async stop(): Promise<string> {
    return this.#end("SIGTERM");
  }

  async #end(signal: "SIGKILL" | "SIGTERM"): Promise<string> {
    const running = this.#running;
    this.#running = undefined;
    if (!running) return "";
    running.process.kill(signal);
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, signal === "SIGKILL" ? null : 0, stderr);
    return stdout + stderr;
  }
}

/** Resolves when all of them serve. */
export async function startMissing(servers: readonly KillableServer[]): Promise<void> {
  await Promise.all(servers.map((server) => (server.isRunning ? undefined : server.start())));
}

/** One that runs; where none does, one that refuses all requests. */
export function pickRunning(random: Random, servers: readonly KillableServer[]): KillableServer {
  const running = servers.filter(({ isRunning }) => isRunning);
  return pick(random, running.length > 0 ? running : servers);
}

/** Whether a request of this client may be forgotten: its server was killed. Anything else is an error of its own. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof TypeError && (error.message === "fetch failed" || error.message === "terminated");
}

/**
 * Reads what servers have left that are dead, or that nobody asks anything. What a SQLite server's next start finds is
 * left as it is: a copy is read. PostgreSQL has finished whatever the dead had sent.
 */
export async function readLeft<T>({ folder, place }: SeededFolder, read: (left: Stored) => Promise<T>): Promise<T> {
  if (place.engine === "postgres") {
    await untilQuiet(place.url);
    return readDatabase(await openPlace(place, "", "command"), read);
  }
  const copies = join(folder, "copy");
  const path = join(copies, "claviger.db");
  mkdirSync(copies);
  for (const suffix of ["", "-wal"]) {
    if (existsSync(place.path + suffix)) copyFileSync(place.path + suffix, path + suffix);
  }
  try {
    return await readDatabase(await openSeeded(path, join(copies, "data")), read);
  } finally {
    rmSync(copies, { recursive: true });
  }
}

async function readDatabase<T>(database: Database, read: (left: Stored) => Promise<T>): Promise<T> {
  try {
    return await read(database.snapshots);
  } finally {
    await database.close();
  }
}

/** No transaction is under way: a dead client's COMMIT may still be. */
async function untilQuiet(url: string): Promise<void> {
  const client = new PostgresClient({ connectionString: url });
  await client.connect();
  const busy = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend' AND state <> 'idle'`;
  while ((await client.query(busy)).rows.length > 0) await new Promise((resolve) => setImmediate(resolve));
  await client.end();
}
