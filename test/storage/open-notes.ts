import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { openSqlite } from "../../src/adapters/sql/dialect/sqlite/open-sqlite.ts";
import type { SqliteOptions } from "../../src/adapters/sql/dialect/sqlite/sqlite-options.ts";
import type { OpenedDatabase } from "../../src/adapters/sql/opened-database.ts";
import { type NoteStores, noteStores } from "./note-stores.ts";

export type NoteDatabase = OpenedDatabase<NoteStores>;

export const stillClock = { now: () => 0, monotonic: () => 0 };

/** Options for a database in this folder. */
export function notesIn(folder: string, overrides: Partial<SqliteOptions> = {}): SqliteOptions {
  return {
    path: join(folder, "claviger.db"),
    dataDir: join(folder, "data"),
    serverName: "example.org",
    clock: stillClock,
    wake: () => undefined,
    timer: () => undefined,
    watchdog: true,
    role: "server",
    ...overrides,
  };
}

/** Opens a database with `noteStores` in this folder. */
export function openNotes(folder: string, overrides: Partial<SqliteOptions> = {}): Promise<NoteDatabase> {
  return openSqlite(notesIn(folder, overrides), noteStores);
}

/** Opens such a database, puts one note for each of `texts` in a unit of its own, and closes. */
export async function writeNotes(folder: string, ...texts: string[]): Promise<void> {
  const database = await openNotes(folder);
  for (const text of texts) await database.unitOfWork.run("everything", ({ notes }) => notes.put(text));
  await database.close();
}

export function listNotes(database: NoteDatabase): Promise<string[]> {
  return database.snapshots.read(({ notes }) => notes.listNotes());
}

/** A folder that is removed after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "claviger-storage-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
