import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { openServerFolder, type ServerFolder } from "./server-folder.ts";
import { startOnFreePort, waitUntilReady } from "./start-on-port.ts";

export interface PgbouncerOptions {
  /** Of the cluster behind it, on 127.0.0.1. */
  readonly port: number;
  readonly poolMode?: "transaction" | "session" | "statement";
  /** Connections to the server for each database. */
  readonly defaultPoolSize?: number;
}

export interface Pgbouncer {
  readonly port: number;
  urlOf(database: string): string;
  /** Ends it, with all connections through it, and removes its folder. */
  stop(): Promise<void>;
}

/** Puts a PgBouncer in front of a cluster; `undefined` where it is not installed. It ends with this process. */
export async function startPgbouncer(options: PgbouncerOptions): Promise<Pgbouncer | undefined> {
  const program = findPgbouncer();
  if (program === undefined) return undefined;
  const folder = openServerFolder("claviger-pgb-");
  try {
    const port = await startOnFreePort((at) => startAt(at, program, folder, options));
    const urlOf = (database: string) => `postgresql://postgres@127.0.0.1:${port}/${encodeURIComponent(database)}`;
    return { port, urlOf, stop: () => folder.remove() };
  } catch (error) {
    await folder.remove();
    throw new Error("PgBouncer did not start", { cause: error });
  }
}

function findPgbouncer(): string | undefined {
  const folders = [...(process.env["PATH"]?.split(delimiter) ?? []), "/usr/sbin"];
  return folders.map((folder) => join(folder, "pgbouncer")).find((file) => existsSync(file));
}

async function startAt(port: number, program: string, folder: ServerFolder, options: PgbouncerOptions): Promise<void> {
  const config = join(folder.path, "pgbouncer.ini");
  writeFileSync(config, configFor(port, options));
  const log = () => folder.readLog();
  const running = folder.run(program, [config]);
  await waitUntilReady(running, folder, () => log().includes(`listening on 127.0.0.1:${port}`));
}

/** `ignore_startup_parameters` is not set, as it is not where nobody has thought of it: a client must do without them. */
function configFor(port: number, { port: behind, poolMode, defaultPoolSize }: PgbouncerOptions): string {
  return `[databases]
* = host=127.0.0.1 port=${behind} user=postgres

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${poolMode ?? "transaction"}
default_pool_size = ${defaultPoolSize ?? 20}
max_client_conn = 500
`;
}
