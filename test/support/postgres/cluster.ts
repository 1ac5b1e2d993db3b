import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findBinaries } from "./binaries.ts";
import { createDatabase, dropDatabase } from "./databases.ts";
import { openServerFolder, type RunningProgram, type ServerFolder } from "./server-folder.ts";
import { reachableBinaries } from "./server-user.ts";
import { startOnFreePort, waitUntilReady } from "./start-on-port.ts";

export interface ClusterOptions {
  /** With fsync, as the defaults are: what is committed survives a crash of the machine. Without it tests are quicker. */
  readonly durable?: boolean;
  /** Where its folder lies; without it, in the system's temporary folder. */
  readonly parent?: string;
  /** The folder with `initdb` and `postgres`; without it they are searched. */
  readonly binaries?: string;
}

/** A PostgreSQL server with a data folder of its own. It ends with this process, however that ends. */
export interface Cluster {
  readonly port: number;
  readonly dataDir: string;
  /** As the superuser `postgres`, who needs no password. */
  urlOf(database: string): string;
  createDatabase(name: string, template?: string): Promise<void>;
  dropDatabase(name: string): Promise<void>;
  /** `immediate` is a crash: the next start recovers. */
  stop(mode: "fast" | "immediate"): Promise<void>;
  /** Starts it again, on the same port. */
  start(): Promise<void>;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
}

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const folder = openServerFolder("claviger-pg-", options.parent);
  try {
    const binaries = reachableBinaries(options.binaries ?? findBinaries(), folder.user, folder.path);
    const dataDir = await initialize(folder, binaries, options.durable ?? false);
    let server: RunningProgram | undefined;
    const startAt = async (port: number) => {
      server = folder.run(join(binaries, "postgres"), ["-D", dataDir, "-p", String(port), "-k", folder.path]);
      const { pid } = server;
      await waitUntilReady(server, folder, () => saysReady(dataDir, pid));
    };
    const port = await startOnFreePort(startAt);
    const stop = async (mode: "fast" | "immediate") => {
      await server?.end(mode === "fast" ? "SIGINT" : "SIGQUIT");
    };
    const remove = async () => {
      await stop("immediate");
      await folder.remove();
    };
    return { ...accessTo(port), port, dataDir, stop, start: () => startAt(port), remove };
  } catch (error) {
    await folder.remove();
    throw new Error("PostgreSQL did not start", { cause: error });
  }
}

function accessTo(port: number): Pick<Cluster, "urlOf" | "createDatabase" | "dropDatabase"> {
  const urlOf = (database: string) => `postgresql://postgres@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  return {
    urlOf,
    createDatabase: (name, template) => createDatabase(urlOf("postgres"), name, template),
    dropDatabase: (name) => dropDatabase(urlOf("postgres"), name),
  };
}

async function initialize(folder: ServerFolder, binaries: string, durable: boolean): Promise<string> {
  const dataDir = join(folder.path, "data");
  const choices = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
  const end = await folder.run(join(binaries, "initdb"), ["-D", dataDir, ...choices]).end();
  if (end !== "exit code 0") throw new Error(`initdb ended with ${end}:\n${folder.readLog()}`);
  const settings = ["listen_addresses = '127.0.0.1'", "max_connections = 200"];
  // Its log of changes stays small: it may lie in memory.
  if (!durable) settings.push("fsync = off", "full_page_writes = off", "max_wal_size = 256MB");
  appendFileSync(join(dataDir, "postgresql.conf"), `\n${settings.join("\n")}\n`);
  return dataDir;
}

/** What `pg_ctl` looks at: the first line has the server's process id, the eighth its state. */
function saysReady(dataDir: string, pid: number | undefined): boolean {
  try {
    const lines = readFileSync(join(dataDir, "postmaster.pid"), "utf8").split("\n");
    return lines[0] === String(pid) && lines[7]?.trim() === "ready";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
