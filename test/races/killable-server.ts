import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Account } from "../../examples/matrix-client.ts";
import { freePort, type Running, startClaviger, untilHealthy } from "../cli/run-claviger.ts";
import { Client } from "../support/client.ts";
import { openSeeded, type SeededFolder, seededFolder } from "./seeded-server.ts";

type Stored = Awaited<ReturnType<typeof openSeeded>>["snapshots"];

/** `claviger serve` as a process of its own, on a seeded folder, which may be killed and started again. */
export class KillableServer {
  readonly files: SeededFolder;
  #running: Running | undefined;
  #url = "";

  private constructor(files: SeededFolder) {
    this.files = files;
  }

  /** Killed and removed after the test; not started yet. */
  static async create(t: TestContext, names: readonly string[]): Promise<KillableServer> {
    const server = new KillableServer(await seededFolder(t, names));
    t.after(() => server.kill());
    return server;
  }

  /** Resolves when it serves; gives a client for each device. */
  async start(...options: string[]): Promise<Client[]> {
    const { folder, config, accounts } = this.files;
    const port = await freePort();
    const [listener] = config["listeners"] as object[];
    // JSON is YAML.
    const text = JSON.stringify({ ...config, listeners: [{ ...listener, port }], log: { level: "warn" } });
    writeFileSync(join(folder, "claviger.yaml"), text);
    this.#running = startClaviger(["serve", "--config", "claviger.yaml", ...options], { folder });
    this.#url = `http://127.0.0.1:${port}`;
    await untilHealthy(this.#url, this.#running);
    return accounts.map((account) => this.client(account));
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

/** Whether a request of this client may be forgotten: its server was killed. Anything else is an error of its own. */
export function isUnanswered(error: unknown): boolean {
  return error instanceof TypeError && (error.message === "fetch failed" || error.message === "terminated");
}

/** Reads the database of a server that is dead, in a copy: what its next start finds is left as it is. */
export async function readCopy<T>({ folder, database }: SeededFolder, read: (copy: Stored) => Promise<T>): Promise<T> {
  const copies = join(folder, "copy");
  const path = join(copies, "claviger.db");
  mkdirSync(copies);
  for (const suffix of ["", "-wal"]) if (existsSync(database + suffix)) copyFileSync(database + suffix, path + suffix);
  const copy = await openSeeded(path, join(copies, "data"));
  try {
    return await read(copy.snapshots);
  } finally {
    await copy.close();
    rmSync(copies, { recursive: true });
  }
}
