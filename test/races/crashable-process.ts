import { join } from "node:path";
import { type Database, type DatabasePlace, openDatabase } from "../../src/adapters/sql/open-database.ts";
import { systemRandom } from "../../src/adapters/system/system-random.ts";
import type { Clock } from "../../src/domain/kernel/clock.ts";
import type { WakeName } from "../../src/domain/kernel/unit-of-work.ts";

export interface CrashableOptions {
  readonly place: DatabasePlace;
  /** Of this process alone. */
  readonly folder: string;
  readonly clock: Clock;
  readonly wake?: (names: Iterable<WakeName>) => void;
  readonly wakeAll?: () => void;
}

/** How a process of one engine lives and dies. */
export interface CrashableProcess {
  start(): Promise<Database>;
  /** Leaves of the database what SIGKILL would leave at this very moment. */
  kill(open: Database): Promise<void>;
  /** After the last one is closed. */
  end(): Promise<void>;
}

/** @param dataDir a name in the folder */
export async function openIn(
  { folder, clock, wake = () => undefined, wakeAll = () => undefined }: CrashableOptions,
  place: DatabasePlace,
  dataDir: string,
): Promise<Database> {
  const database = await openDatabase(place, {
    ...{ dataDir: join(folder, dataDir), role: "server", serverName: "example.org", watchdog: true },
    ...{ clock, random: systemRandom, wake, wakeAll, timer: () => undefined },
    onRestore: async (reason) => {
      throw new Error(`E5 without a restore: ${reason}`);
    },
  });
  if (database.restoreSuspected !== undefined) throw new Error(`E5 without a restore: ${database.restoreSuspected}`);
  return database;
}
