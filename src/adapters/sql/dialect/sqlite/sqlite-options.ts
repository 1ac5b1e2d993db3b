import type { Clock } from "../../../../domain/kernel/clock.ts";
import type { WakeName } from "../../../../domain/kernel/unit-of-work.ts";
import type { QueryTimer } from "../query-timer.ts";

export interface SqliteOptions {
  /** The database file; ":memory:" keeps nothing. */
  readonly path: string;
  /** Where `high-water.json` lies, apart from the database (rule E5). */
  readonly dataDir: string;
  readonly serverName: string;
  readonly clock: Clock;
  /** Called after each commit with everyone who is to be woken. */
  readonly wake: (names: Iterable<WakeName>) => void;
  readonly timer: QueryTimer;
  /** Rejects units and reads that await anything but their stores. */
  readonly watchdog: boolean;
  /** A command works beside a running server; a server needs the file for itself. */
  readonly role: "server" | "command";
  /** The operator says that the database was restored from a backup (rule E5). */
  readonly restored?: boolean;
}
