import type { Database } from "../../src/adapters/sql/open-database.ts";
import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import { crashablePostgres } from "./crashable-postgres.ts";
import type { CrashableOptions, CrashableProcess } from "./crashable-process.ts";
import { crashableSqlite } from "./crashable-sqlite.ts";
import { turns } from "./key-use-cases.ts";
import { ProcessLife } from "./process-life.ts";

/** A database as one server process has it open, which can die at any moment, without a process to kill. */
export class CrashableDatabase {
  readonly #process: CrashableProcess;
  readonly #pace: number;
  #open: Database;
  #life = new ProcessLife();

  private constructor(process: CrashableProcess, open: Database, pace: number) {
    this.#process = process;
    this.#open = open;
    this.#pace = pace;
  }

  static async open(options: CrashableOptions): Promise<CrashableDatabase> {
    const { place } = options;
    const isPostgres = place.engine === "postgres";
    const process = isPostgres ? await crashablePostgres(place, options) : crashableSqlite(place, options);
    // In the time of one call PostgreSQL answers, a hundred turns of the event loop go by.
    return new CrashableDatabase(process, await process.start(), isPostgres ? 100 : 1);
  }

  /** As it is open now. */
  get database(): Database {
    return this.#open;
  }

  /** Ends with the next crash. */
  get life(): ProcessLife {
    return this.#life;
  }

  /** Lets time pass in which the engine can do some steps of its work. */
  steps(count: number): Promise<void> {
    return turns(count * this.#pace);
  }

  /** Stops in good order and starts again. */
  async restart(): Promise<void> {
    await this.#open.close();
    this.#open = await this.#process.start();
  }

  /** Goes on with what SIGKILL would leave at this very moment. What is under way leaves no trace, or a whole one. */
  async crash(): Promise<void> {
    this.#life.finish();
    await this.#process.kill(this.#open);
    this.#open = await this.#process.start();
    this.#life = new ProcessLife();
  }

  /** Makes devices, as their logins would. */
  async addDevices(...owners: readonly DeviceOwner[]): Promise<void> {
    await this.database.unitOfWork.run("everything", async ({ devices }) => {
      for (const owner of owners) await devices.add(owner, undefined, { at: 0, ip: "192.0.2.1" });
    });
  }

  async close(): Promise<void> {
    await this.#open.close();
    await this.#process.end();
  }
}
