import { writeSync } from "node:fs";
import { join } from "node:path";
import { Checkpoints } from "../../src/adapters/sql/dialect/sqlite/checkpoints.ts";
import { SqliteConnection } from "../../src/adapters/sql/dialect/sqlite/sqlite-connection.ts";
import { openNotes, stillClock } from "../storage/open-notes.ts";

export interface AnsweringWriterOptions {
  /** Where the database comes to lie; it is made. */
  readonly folder: string;
  /** Begins every note. */
  readonly prefix: string;
  /** Groups of units until it ends by itself. */
  readonly groups: number;
}

const unitsInGroup = 5;

/**
 * A process that lives on writes and says each one on its standard output as soon as it is answered: one line a note.
 * Every fifth unit writes too and then fails; its notes are called "failed". Meanwhile the log is checkpointed without
 * a pause, and restarted often.
 */
async function writeAndAnswer({ folder, prefix, groups }: AnsweringWriterOptions): Promise<void> {
  const database = await openNotes(folder);
  const path = join(folder, "claviger.db");
  const restarting = new SqliteConnection(path, { readonly: false, clock: stillClock, timer: () => undefined });
  const checkpoints = new Checkpoints({
    ...{ path, delay: 0, interval: 3, restartBytes: 60_000 },
    onLongLog: () => restarting.restartLog(),
    onDeath: (error) => {
      throw error;
    },
  });
  const unit = async (note: string, fails: boolean): Promise<void> => {
    await database.unitOfWork.run("everything", async ({ notes }) => {
      await notes.put(fails ? `failed ${note}` : note);
      await notes.announce(fails ? `failed ${note}` : note);
      if (fails) throw new Error("as planned");
    });
    writeSync(1, `${note}\n`);
  };
  for (let group = 0; group < groups; group++) {
    const units = Array.from({ length: unitsInGroup }, (_, index) => {
      const padding = "x".repeat((group * 97 + index * 31) % 900);
      return unit(`${prefix} ${group}.${index} ${padding}`, index === unitsInGroup - 1);
    });
    await Promise.allSettled(units);
  }
  await checkpoints.stop();
  restarting.raw.close();
  await database.close();
}

if (import.meta.main) await writeAndAnswer(JSON.parse(process.argv[2] ?? "") as AnsweringWriterOptions);
