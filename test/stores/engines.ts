import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createStores, type Stores } from "../../src/adapters/sql/create-stores.ts";
import { openSqlite } from "../../src/adapters/sql/dialect/sqlite/open-sqlite.ts";
import type { SqliteOptions } from "../../src/adapters/sql/dialect/sqlite/sqlite-options.ts";
import type { OpenedDatabase } from "../../src/adapters/sql/opened-database.ts";
import type { SqlSession } from "../../src/adapters/sql/session.ts";
import type { Snapshots, UnitOfWork } from "../../src/domain/kernel/unit-of-work.ts";

/** What the tests ask of a database that not every engine has. */
export type Ability = "keep data after closing";

/** An engine on which the storage contract holds. A second one is added to `engines`, and no test changes. */
export interface Engine {
  readonly name: string;
  /** What it cannot do; a test that asks for it states what happens instead. */
  readonly cannot: readonly Ability[];
  /** Opens a database of its own, empty, with the stores of the server. */
  open(): Promise<TestDatabase>;
}

export interface TestDatabase {
  readonly unitOfWork: UnitOfWork<Stores>;
  readonly snapshots: Snapshots<Stores>;
  /** Changes rows behind the backs of the stores. */
  tamper(work: (session: SqlSession) => Promise<unknown>): Promise<void>;
  /** Closes the database and opens it again, as the next start of the server does. */
  reopen(): Promise<TestDatabase>;
  /** Closes the database and removes it. */
  close(): Promise<void>;
}

export const engines: readonly Engine[] = [
  sqlite("SQLite file", (folder) => join(folder, "claviger.db"), []),
  sqlite("SQLite in memory", () => ":memory:", ["keep data after closing"]),
];

function sqlite(name: string, pathIn: (folder: string) => string, cannot: readonly Ability[]): Engine {
  const openIn = async (folder: string): Promise<TestDatabase> => {
    const options: SqliteOptions = {
      path: pathIn(folder),
      dataDir: folder,
      serverName: "example.org",
      clock: { now: () => 0, monotonic: () => 0 },
      wake: () => undefined,
      timer: () => undefined,
      watchdog: true,
      role: "server",
    };
    const database = await openSqlite(options, (session) => ({ ...createStores(session), session }));
    const reopen = async () => {
      await database.close();
      return openIn(folder);
    };
    const close = async () => {
      await database.close();
      await rm(folder, { recursive: true });
    };
    return { ...accessTo(database), reopen, close };
  };
  return { name, cannot, open: async () => openIn(await mkdtemp(join(tmpdir(), "claviger-stores-"))) };
}

function accessTo({ unitOfWork, snapshots }: OpenedDatabase<Stores & { session: SqlSession }>) {
  const tamper = async (work: (session: SqlSession) => Promise<unknown>) => {
    await unitOfWork.run(({ session }) => work(session));
  };
  return { unitOfWork, snapshots, tamper };
}
