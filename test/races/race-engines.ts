import { join } from "node:path";
import type { DatabasePlace } from "../../src/adapters/sql/open-database.ts";
import { createMigratedDatabase } from "../support/postgres/run-cluster.ts";

/** An engine on which races and crashes are tried. */
export interface RaceEngine {
  readonly name: string;
  /** Makes an empty database; where it is a file, it lies in `folder`. */
  createDatabase(folder: string): Promise<RaceDatabase>;
}

export interface RaceDatabase {
  readonly place: DatabasePlace;
  /** Nobody may need it any more. */
  remove(): Promise<void>;
}

/** The servers on one database, at which clients compete. */
export interface Servers {
  readonly engine: RaceEngine;
  readonly servers: number;
}

export interface Deployment extends Servers {
  readonly name: string;
}

export const sqlite: RaceEngine = {
  name: "SQLite",
  createDatabase: async (folder) => ({
    place: { engine: "sqlite", path: join(folder, "claviger.db") },
    remove: async () => undefined,
  }),
};

export const postgres: RaceEngine = {
  name: "PostgreSQL",
  createDatabase: async () => {
    const { url, drop } = await createMigratedDatabase();
    return { place: { engine: "postgres", url, ...poolOfTests }, remove: drop };
  },
};

/** Four servers of two tests that run at once have room in the run's cluster. */
const poolOfTests = { poolSize: 8, listenUrl: undefined, preparedStatements: "auto" } as const;

export const raceEngines: readonly RaceEngine[] = [sqlite, postgres];

export const severalServers: readonly Deployment[] = [2, 4].map((servers) => ({
  ...{ name: `PostgreSQL, ${servers} servers`, engine: postgres, servers },
}));

/** SQLite has one server. */
export const deployments: readonly Deployment[] = [{ name: "SQLite", engine: sqlite, servers: 1 }, ...severalServers];

/** Of the servers on one database one is killed at a time. */
export const killedDeployments: readonly Deployment[] = [
  { name: "SQLite", engine: sqlite, servers: 1 },
  { name: "PostgreSQL, 1 server", engine: postgres, servers: 1 },
  { name: "PostgreSQL, 2 servers", engine: postgres, servers: 2 },
];

/** The section `database` of a config. */
export function configOf(place: DatabasePlace): object {
  if (place.engine === "sqlite") return place;
  return { engine: place.engine, url: place.url, pool_size: place.poolSize };
}
