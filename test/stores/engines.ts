import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createStores, type Stores } from "../../src/adapters/sql/create-stores.ts";
import { openPostgres } from "../../src/adapters/sql/dialect/postgres/open-postgres.ts";
import { openSqlite } from "../../src/adapters/sql/dialect/sqlite/open-sqlite.ts";
import type { OpenedDatabase } from "../../src/adapters/sql/opened-database.ts";
import type { SqlSession } from "../../src/adapters/sql/session.ts";
import type { Snapshots, UnitOfWork } from "../../src/domain/kernel/unit-of-work.ts";
import { memoryFolder } from "../support/memory-folder.ts";
import { createMigratedDatabase } from "../support/postgres/run-cluster.ts";

/** What the tests ask of a database that not every engine has. */
export type Ability = "keep data after closing";

/** An engine on which the storage contract holds. */
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

type StoresAndSession = Stores & { session: SqlSession };
type Opened = OpenedDatabase<StoresAndSession>;

export const engines: readonly Engine[] = [
  sqlite("SQLite file", (folder) => join(folder, "claviger.db"), []),
  sqlite("SQLite in memory", () => ":memory:", ["keep data after closing"]),
  { name: "PostgreSQL", cannot: [], open: openInPostgres },
];

const use = {
  serverName: "example.org",
  clock: { now: () => 0, monotonic: () => 0 },
  wake: () => undefined,
  timer: () => undefined,
  watchdog: true,
  role: "server",
} as const;

const storesAndSession = (session: SqlSession) => ({ ...createStores(session), session });

function sqlite(name: string, pathIn: (folder: string) => string, cannot: readonly Ability[]): Engine {
  const open = async () => {
    const folder = await temporaryFolder();
    const opening = () => openSqlite({ ...use, path: pathIn(folder), dataDir: folder }, storesAndSession);
    return reopenable(opening, () => rm(folder, { recursive: true }));
  };
  return { name, cannot, open };
}

async function openInPostgres(): Promise<TestDatabase> {
  const dataDir = await temporaryFolder();
  const { url, drop } = await createMigratedDatabase();
  const opening = () =>
    openPostgres(
      {
        ...{ ...use, dataDir, url, listenUrl: undefined, poolSize: 4, preparedStatements: "on", processId: "contract" },
        ...{ wakeAll: () => undefined, onRestore: async () => undefined },
      },
      storesAndSession,
    );
  return reopenable(opening, async () => {
    await drop();
    await rm(dataDir, { recursive: true });
  });
}

function temporaryFolder(): Promise<string> {
  return mkdtemp(join(memoryFolder(), "claviger-stores-"));
}

async function reopenable(open: () => Promise<Opened>, remove: () => Promise<void>): Promise<TestDatabase> {
  const { unitOfWork, snapshots, close } = bound(await open());
  return {
    unitOfWork,
    snapshots,
    tamper: async (work) => {
      await unitOfWork.run("everything", ({ session }) => work(session));
    },
    reopen: async () => {
      await close();
      return reopenable(open, remove);
    },
    close: async () => {
      await close();
      await remove();
    },
  };
}

function bound(database: Opened) {
  const { unitOfWork, snapshots } = database;
  return { unitOfWork, snapshots, close: () => database.close() };
}
