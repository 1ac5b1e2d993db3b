import type { RunOptions } from "./benchmark.ts";
import { writeRooms } from "./population/write-rooms.ts";
import { copyPopulation } from "./postgres/copy-population.ts";
import { durableCluster } from "./postgres/durable-cluster.ts";
import type { BenchDatabase } from "./postgres/populate.ts";
import { type RunningServer, startServer } from "./start-server.ts";

export const engines = ["SQLite", "PostgreSQL"] as const;

export type Engine = (typeof engines)[number];

/** A server on a database of its own, in which the planned rooms are (`population/rooms.ts`). */
export interface RoomsServer extends RunningServer {
  /** On SQLite the file; on PostgreSQL the address of the database. */
  readonly place: string;
}

export interface RoomsServerOptions {
  readonly openFiles?: number;
  readonly traced?: boolean;
  /** Sections of its config in place of the usual ones. */
  readonly config?: object;
}

const listeners = [{ port: 0, bind: "127.0.0.1", resources: ["client", "health", "metrics"] }];
let template: Promise<BenchDatabase> | undefined;
let copies = 0;

/** The database goes when the server stops. */
export async function startWithRooms(
  options: RunOptions,
  engine: Engine,
  { openFiles = 0, traced = false, config = {} }: RoomsServerOptions = {},
): Promise<RoomsServer> {
  const { workspace, profileFolder } = options;
  const { folder, path } = await workspace.database("rooms", writeRooms);
  const shape = { openFiles, traced, profileFolder };
  if (engine === "SQLite") {
    const server = await startServer({ ...shape, folder, config: { listeners, ...config } });
    return { ...server, place: path };
  }
  const cluster = await durableCluster();
  template ??= copyPopulation(cluster, "rooms", path);
  const name = `rooms_${++copies}`;
  await cluster.createDatabase(name, (await template).name);
  const url = cluster.urlOf(name);
  const database = { engine: "postgres", url };
  const server = await startServer({
    ...shape,
    ...{ folder: workspace.newFolder("process"), config: { listeners, ...config, database } },
  });
  const stop = async () => {
    await server.stop();
    await cluster.dropDatabase(name);
  };
  return { ...server, place: url, stop };
}

export type RoomsServers = { readonly [Name in Engine]: RoomsServer };

/** Runs `work` with a server on each engine. */
export async function onBothEngines<Result>(
  options: RunOptions,
  work: (servers: RoomsServers) => Promise<Result>,
  shape: RoomsServerOptions = {},
): Promise<Result> {
  const SQLite = await startWithRooms(options, "SQLite", shape);
  const PostgreSQL = await startWithRooms(options, "PostgreSQL", shape);
  try {
    return await work({ SQLite, PostgreSQL });
  } finally {
    await Promise.all([SQLite.stop(), PostgreSQL.stop()]);
  }
}
