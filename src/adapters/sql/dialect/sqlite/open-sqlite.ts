import type { OpenedDatabase } from "../../opened-database.ts";
import type { SqlSession } from "../../session.ts";
import { openFailure } from "./open-failure.ts";
import { SqliteDatabase } from "./sqlite-database.ts";
import { openSqliteFile } from "./sqlite-file.ts";
import type { SqliteOptions } from "./sqlite-options.ts";

/** Opens a SQLite database; rejects with a `DatabaseOpenError` that explains itself in one line. */
export async function openSqlite<Stores>(
  options: SqliteOptions,
  createStores: (session: SqlSession) => Stores,
): Promise<OpenedDatabase<Stores>> {
  const undo: (() => void)[] = [];
  try {
    return new SqliteDatabase(
      options,
      openSqliteFile(options, (step) => undo.push(step)),
      createStores,
    );
  } catch (error) {
    for (const step of undo.reverse()) step();
    throw openFailure(options.path, error);
  }
}
