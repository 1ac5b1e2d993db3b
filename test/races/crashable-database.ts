import type { Database } from "../../src/adapters/sql/open-database.ts";
import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import { openCrashablePostgres } from "./crashable-postgres.ts";
import type { CrashableOptions, CrashableProcess } from "./crashable-process.ts";
import { openCrashableSqlite } from "./crashable-sqlite.ts";
import { turns } from "./key-use-cases.ts";
import { ProcessLife } from "./process-life.ts";

/** A database as one server process has it open, which can die at any moment, without a process to kill. */
export class CrashableDatabase {
  readonly #process: CrashableProcess;
  readonly #pace: number;
  #life = new ProcessLife();

  private constructor(process: CrashableProcess, pace: number) {
    this.#process = process;
    this.#pace = pace;
  }

  static async open(options: CrashableOptions): Promise<CrashableDatabase> {
    const { place } = options;
    // In the time of one call PostgreSQL answers, a hundred turns of the event loop go by.
    if (place.engine === "postgres") return new CrashableDatabase(await openCrashablePostgres(place, options), 100);
    return new CrashableDatabase(await openCrashableSqlite(place, options), 1);
  }

  get database(): Database {
    return this.#process.database;
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
  restart(): Promise<void> {
    return this.#process.restart();
  }

  /** Goes on with what SIGKILL would leave at this very moment. What is under way leaves no trace, or a whole one. */
  async crash(): Promise<void> {
    this.#life.finish();
    await this.#process.crash();
    this.#life = new ProcessLife();
  }

  /** Makes devices, as their logins would. */
  async addDevices(...owners: readonly DeviceOwner[]): Promise<void> {
    await this.database.unitOfWork.run("everything", async ({ devices }) => {
      for (const owner of owners) await devices.add(owner, undefined, { at: 0, ip: "192.0.2.1" });
    });
  }

  close(): Promise<void> {
    return this.#process.close();
  }
}
