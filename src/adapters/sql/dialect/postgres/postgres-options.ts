import type { Clock } from "../../../../domain/kernel/clock.ts";
import type { WakeName } from "../../../../domain/kernel/unit-of-work.ts";
import type { QueryTimer } from "../query-timer.ts";

export interface PostgresOptions {
  /** May hold a password. */
  readonly url: string;
  /** Connections at most, the listening one not counted. */
  readonly poolSize: number;
  /** A direct connection for LISTEN, where `url` leads to a pooler. */
  readonly listenUrl: string | undefined;
  /** "auto": by name, until a pooler turns out to lose names. */
  readonly preparedStatements: "auto" | "on" | "off";
  /** Where the high-water file lies, apart from the database (rule E5). */
  readonly dataDir: string;
  readonly serverName: string;
  readonly clock: Clock;
  /** Tells this process's notifications from others'. */
  readonly processId: string;
  /** Called after each commit, of whatever process, with everyone who is to be woken. */
  readonly wake: (names: Iterable<WakeName>) => void;
  /** Called when wakes may have been lost. */
  readonly wakeAll: () => void;
  readonly timer: QueryTimer;
  /** Rejects units and reads that await anything but their stores. */
  readonly watchdog: boolean;
  /** A command neither listens nor keeps watch. */
  readonly role: "server" | "command";
  /** The operator says that the database was restored from a backup (rule E5). */
  readonly restored?: boolean;
  /** Answers a restore that shows while this process is using the database (rule E5). */
  readonly onRestore: (reason: string) => Promise<void>;
}
