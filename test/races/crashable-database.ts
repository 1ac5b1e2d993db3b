import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Database, openDatabase } from "../../src/adapters/sql/open-database.ts";
import { systemRandom } from "../../src/adapters/system/system-random.ts";
import type { Clock } from "../../src/domain/kernel/clock.ts";
import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";

type Wake = (userIds: Iterable<UserId>) => void;

/** A SQLite file that can lose its server at any moment, without a process to kill. */
export class CrashableDatabase {
  readonly #folder: string;
  readonly #start: () => Promise<Database>;
  #open: Database;

  private constructor(folder: string, start: () => Promise<Database>, open: Database) {
    this.#folder = folder;
    this.#start = start;
    this.#open = open;
  }

  static async open(folder: string, clock: Clock, wake: Wake = () => undefined): Promise<CrashableDatabase> {
    const start = () => openIn(folder, clock, wake);
    return new CrashableDatabase(folder, start, await start());
  }

  get database(): Database {
    return this.#open;
  }

  get path(): string {
    return join(this.#folder, "claviger.db");
  }

  /** Stops in good order and starts again. */
  async restart(): Promise<void> {
    await this.#open.close();
    this.#open = await this.#start();
  }

  /**
   * Goes on with the files as they are at this very moment, as after SIGKILL. What is under way in the old process is
   * waited for, and leaves no trace.
   */
  async crash(): Promise<void> {
    const files = [this.path, `${this.path}-wal`, join(this.#folder, "data", "high-water.json")];
    const left = files.map((file) => (existsSync(file) ? readFileSync(file) : undefined));
    await this.#open.close();
    rmSync(`${this.path}-shm`, { force: true });
    for (const [index, file] of files.entries()) {
      const content = left[index];
      // In place: another file in its place would be a restored backup (rule E5).
      if (content) writeFileSync(file, content);
      else rmSync(file, { force: true });
    }
    this.#open = await this.#start();
  }

  /** Makes devices, as their logins would. */
  async addDevices(...owners: readonly DeviceOwner[]): Promise<void> {
    await this.#open.unitOfWork.run("everything", async ({ devices }) => {
      for (const owner of owners) await devices.add(owner, undefined, { at: 0, ip: "192.0.2.1" });
    });
  }

  close(): Promise<void> {
    return this.#open.close();
  }
}

async function openIn(folder: string, clock: Clock, wake: Wake): Promise<Database> {
  const place = { engine: "sqlite", path: join(folder, "claviger.db") } as const;
  const database = await openDatabase(place, {
    ...{ dataDir: join(folder, "data"), role: "server", serverName: "example.org", watchdog: true },
    ...{ clock, random: systemRandom, wake, wakeAll: () => undefined, timer: () => undefined },
    onRestore: async () => undefined,
  });
  if (database.restoreSuspected !== undefined) throw new Error(`E5 without a restore: ${database.restoreSuspected}`);
  return database;
}
