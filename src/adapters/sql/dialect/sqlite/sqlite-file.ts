import { resolve } from "node:path";
import { DatabaseOpenError } from "../../database-open-error.ts";
import { migrations } from "../../migrations/index.ts";
import { createFile, createFolder } from "../durable-files.ts";
import { HighWaterFile } from "../high-water-file.ts";
import { prepareDatabasePath } from "./database-path.ts";
import { takeFileLock } from "./file-lock.ts";
import { reserveAsGuest } from "./guest-reservation.ts";
import { migrateSqlite } from "./migrate-sqlite.ts";
import { RestoreGuard } from "./restore-guard.ts";
import { ServerState } from "./server-state.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import type { SqliteOptions } from "./sqlite-options.ts";
import { refuseForeignLog } from "./write-ahead-log.ts";

/** A database that is migrated and belongs to this server name. */
export interface OpenedFile {
  /** Where it is; `undefined` in memory. */
  readonly path: string | undefined;
  readonly writer: SqliteConnection;
  /** The same connection as `writer` in memory. */
  readonly reader: SqliteConnection;
  /** Absent in memory, and for a command that runs beside a server. */
  readonly guard: RestoreGuard | undefined;
  readonly beforeCommit: (commitNumber: number) => void;
  /** Lets the next server in. */
  release(): void;
}

/** How long a server waits for a command that has the lock, in ms. */
const lockPatience = 1000;

/** `onFailure` is given, step by step, what undoes the opening when a later step throws. */
export function openSqliteFile(options: SqliteOptions, onFailure: (undo: () => void) => void): OpenedFile {
  if (options.path === ":memory:") return openMemory(options);
  const path = prepareDatabasePath(options.path);
  createFolder(resolve(options.dataDir));
  const lock = takeFileLock(path, options.role === "server" ? lockPatience : 0);
  if (!lock && options.role === "server") {
    throw new DatabaseOpenError(`database ${options.path}: another Claviger server is using it`);
  }
  onFailure(() => lock?.release());
  createFile(path);
  if (lock) refuseForeignLog(path);
  const connect = (readonly: boolean) => {
    const connection = new SqliteConnection(path, { readonly, clock: options.clock, timer: options.timer });
    onFailure(() => connection.raw.close());
    return connection;
  };
  const writer = connect(false);
  if (lock) migrateSqlite(writer);
  else requireCurrentSchema(writer, options.path);
  const state = new ServerState(writer);
  claimServerName(state, options);
  const file = new HighWaterFile(resolve(options.dataDir));
  const guard = lock && new RestoreGuard({ path, file, state, restored: options.restored ?? false });
  const beforeCommit = guard ? (commitNumber: number) => guard.beforeCommit(commitNumber) : reserveAsGuest(file);
  return { path, writer, reader: connect(true), guard, beforeCommit, release: () => lock?.release() };
}

function openMemory(options: SqliteOptions): OpenedFile {
  const writer = new SqliteConnection(options.path, { readonly: false, clock: options.clock, timer: options.timer });
  migrateSqlite(writer);
  claimServerName(new ServerState(writer), options);
  const nothing = () => undefined;
  return { path: undefined, writer, reader: writer, guard: undefined, beforeCommit: nothing, release: nothing };
}

/** A guest must not change the schema under the server that runs. */
function requireCurrentSchema({ raw }: SqliteConnection, path: string): void {
  const found = raw.pragma("user_version", { simple: true });
  if (found === migrations.length) return;
  const versions = `has schema version ${found}, this command needs ${migrations.length}`;
  throw new DatabaseOpenError(`database ${path}: it ${versions}: use the version of the server that is running`);
}

/** User ids carry the server's name: it belongs to the data. */
function claimServerName(state: ServerState, { serverName, path }: SqliteOptions): void {
  const owner = state.exclusively(() => {
    const found = state.find("server_name");
    if (found === undefined) state.put("server_name", serverName);
    return found ?? serverName;
  });
  if (owner === serverName) return;
  throw new DatabaseOpenError(
    `database ${path}: it belongs to server_name ${owner}, which cannot become ${serverName}: user ids carry it`,
  );
}
