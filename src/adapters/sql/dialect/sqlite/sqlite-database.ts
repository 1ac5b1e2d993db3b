import type { OpenedDatabase } from "../../opened-database.ts";
import type { SqlSession } from "../../session.ts";
import { Checkpoints } from "./checkpoints.ts";
import type { OpenedFile } from "./sqlite-file.ts";
import type { SqliteOptions } from "./sqlite-options.ts";
import { sqliteSession } from "./sqlite-session.ts";
import { SqliteSnapshots } from "./sqlite-snapshots.ts";
import { SqliteUnitOfWork } from "./sqlite-unit-of-work.ts";
import { Turns } from "./turns.ts";

/** SQLite's own habit, in pages: what is left when the checkpoint thread has died. */
const pagesBetweenCheckpoints = 1000;

/** An open database: units on the writer connection, reads on the reader, checkpoints in a thread. */
export class SqliteDatabase<Stores> implements OpenedDatabase<Stores> {
  readonly unitOfWork: SqliteUnitOfWork<Stores>;
  readonly snapshots: SqliteSnapshots<Stores>;
  readonly isShared = false;
  readonly unitsShareCommits = true;
  readonly #file: OpenedFile;
  readonly #writerTurns = new Turns();
  readonly #readerTurns: Turns;
  readonly #ping: () => unknown;
  readonly #checkpoints: Checkpoints | undefined;
  #restoreAnswered = false;
  #closing: Promise<void> | undefined;

  constructor(options: SqliteOptions, file: OpenedFile, createStores: (session: SqlSession) => Stores) {
    const { writer, reader, path, beforeCommit } = file;
    const { wake, watchdog } = options;
    this.#file = file;
    const session = sqliteSession(writer);
    const stores = createStores(session);
    this.unitOfWork = new SqliteUnitOfWork({
      ...{ connection: writer, stores, stream: session.stream, turns: this.#writerTurns },
      ...{ wake, beforeCommit, watchdog },
    });
    // In memory there is one connection, so reads and units take turns.
    this.#readerTurns = reader === writer ? this.#writerTurns : new Turns();
    const readerStores = reader === writer ? stores : createStores(sqliteSession(reader));
    this.snapshots = new SqliteSnapshots(reader, readerStores, this.#readerTurns, watchdog);
    const ping = reader.raw.prepare("SELECT position FROM stream WHERE id = 1");
    this.#ping = () => ping.get();
    this.#checkpoints =
      path !== undefined && options.role === "server"
        ? new Checkpoints({
            path,
            onLongLog: () => void this.#beginLogAnew(),
            onDeath: () => this.#checkpointOnCommit(),
          })
        : undefined;
  }

  get restoreSuspected(): string | undefined {
    return this.#restoreAnswered ? undefined : this.#file.guard?.suspected;
  }

  acceptRestore(): Promise<void> {
    return this.#writerTurns.take(async () => {
      this.#file.guard?.accept();
      this.#restoreAnswered = true;
    });
  }

  describe(): Readonly<Record<string, string | number>> {
    const { raw } = this.#file.writer;
    const setting = (name: string) => raw.pragma(name, { simple: true }) as string | number;
    const synchronous = Number(setting("synchronous"));
    return {
      engine: "sqlite",
      path: this.#file.path ?? ":memory:",
      sqliteVersion: raw.prepare("SELECT sqlite_version()").pluck().get() as string,
      journalMode: setting("journal_mode"),
      synchronous: ["off", "normal", "full", "extra"][synchronous] ?? synchronous,
      schemaVersion: setting("user_version"),
    };
  }

  ping(): Promise<void> {
    return this.#readerTurns.take(async () => void this.#ping());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { writer, reader, guard, release } = this.#file;
    await this.unitOfWork.close();
    await this.#readerTurns.take(async () => reader !== writer && reader.raw.close());
    await this.#checkpoints?.stop();
    try {
      guard?.close();
      if (guard) writer.raw.pragma("wal_checkpoint(TRUNCATE)");
    } catch {
      // What is committed is durable in the log; the next start finds the state after a crash, which it can live with.
    } finally {
      writer.raw.close();
      release();
    }
  }

  /** Between two commits and two reads, for either would keep the log as it is. */
  async #beginLogAnew(): Promise<void> {
    await this.#writerTurns.take(() =>
      this.#readerTurns.take(async () => {
        if (this.#closing === undefined) this.#file.writer.restartLog();
      }),
    );
  }

  #checkpointOnCommit(): void {
    if (this.#closing === undefined) this.#file.writer.raw.pragma(`wal_autocheckpoint = ${pagesBetweenCheckpoints}`);
  }
}
