import type { WakeName } from "../../../../domain/kernel/unit-of-work.ts";
import type { OpenedDatabase } from "../../opened-database.ts";
import type { SqlSession } from "../../session.ts";
import { pause } from "./pause.ts";
import type { PostgresConnections } from "./postgres-connections.ts";
import { PostgresGuard } from "./postgres-guard.ts";
import type { PostgresOptions } from "./postgres-options.ts";
import { PostgresSnapshots } from "./postgres-snapshots.ts";
import { PostgresUnitOfWork } from "./postgres-unit-of-work.ts";
import type { RestoreWatch } from "./restore-watch.ts";
import { lossySettings, type ServerSettings } from "./server-settings.ts";
import { findFacts, recordIdentity } from "./server-state.ts";
import { SessionPool } from "./session-pool.ts";
import { type DurableNumbers, Wakes } from "./wakes.ts";

/** Transactions of units at once: more of them are smaller ones. */
const mostWriters = 2;
/** Numbers that an answered restore passes over: other processes may have seen higher ones than this one has. */
const numbersAfterRestore = 65_536;
/** Ms before a restore is looked at again that could not be answered. */
const restorePause = 1000;

/** What `openPostgres` has found and made. */
export interface ReadyPostgres {
  readonly connections: PostgresConnections;
  readonly watch: RestoreWatch;
  readonly settings: ServerSettings;
  /** Host, port and name, without the password. */
  readonly place: string;
}

/** An open PostgreSQL database, shared with other processes. */
export class PostgresDatabase<Stores> implements OpenedDatabase<Stores> {
  readonly unitOfWork: PostgresUnitOfWork<Stores>;
  readonly snapshots: PostgresSnapshots<Stores>;
  readonly isShared = true;
  readonly unitsShareCommits = false;
  readonly #ready: ReadyPostgres;
  readonly #options: PostgresOptions;
  readonly #wakes: Wakes | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: PostgresOptions, ready: ReadyPostgres, createStores: (session: SqlSession) => Stores) {
    const { connections, watch } = ready;
    const { clock, watchdog, poolSize } = options;
    this.#ready = ready;
    this.#options = options;
    const sessions = new SessionPool(createStores);
    const guard = new PostgresGuard(watch, () => void this.#answerSuspicion());
    this.#wakes = options.role === "server" ? this.#createWakes(guard) : undefined;
    const writers = Math.max(1, Math.min(mostWriters, Math.floor(poolSize / 2)));
    const readers = Math.max(1, poolSize - writers);
    const onEnd = (number: number, woken: ReadonlySet<WakeName>) => {
      if (woken.size > 0) options.wake(woken);
      this.#wakes?.tell(number, woken);
    };
    this.unitOfWork = new PostgresUnitOfWork({ connections, sessions, guard, clock, writers, onEnd, watchdog });
    this.snapshots = new PostgresSnapshots({ connections, sessions, guard, clock, readers, watchdog });
  }

  /** Begins to hear of other processes' changes. */
  async start(): Promise<void> {
    await this.#wakes?.start();
  }

  get restoreSuspected(): string | undefined {
    return this.#ready.watch.suspected;
  }

  acceptRestore(): Promise<void> {
    return this.#ready.connections.lend(async (connection) => {
      const facts = await findFacts(connection);
      const last = await recordIdentity(connection, facts, numbersAfterRestore);
      this.#ready.watch.trust(facts.timeline, last);
    });
  }

  describe(): Readonly<Record<string, string | number>> {
    const { settings, place } = this.#ready;
    const lossy = lossySettings(settings);
    return {
      ...{ engine: "postgres", place, version: settings.version, connections: this.#options.poolSize },
      ...(lossy.length > 0 && { mayLoseWrites: lossy.join(" ") }),
    };
  }

  ping(): Promise<void> {
    return this.snapshots.read(async () => undefined);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.unitOfWork.close();
    await this.snapshots.close();
    await this.#wakes?.close();
    await this.#ready.connections.close();
    this.#ready.watch.close();
  }

  #createWakes(durable: DurableNumbers): Wakes {
    const { url, listenUrl, processId, clock, wake, wakeAll } = this.#options;
    return new Wakes({
      ...{ listenUrl: listenUrl ?? url, processId, clock, wake, wakeAll, durable },
      findLastNumber: () =>
        this.#ready.connections.lend(async (connection) => {
          const text = "SELECT last_value AS last FROM commit_numbers";
          return (await connection.query<{ last: number }>("wakes.last-number", text, [])).rows[0]?.last ?? 0;
        }),
    });
  }

  /**
   * A restore was noticed while serving. Nothing is served until it is answered: by another process, which has recorded
   * the new identity, or by this one.
   */
  async #answerSuspicion(): Promise<void> {
    const { watch } = this.#ready;
    while (watch.suspected !== undefined && this.#closing === undefined) {
      try {
        const facts = await this.#ready.connections.lend(findFacts);
        const answered = facts.identity === facts.recordedIdentity && facts.commit_number >= watch.committed;
        if (answered) watch.trust(facts.timeline, facts.commit_number);
        else await this.#options.onRestore(watch.suspected);
      } catch {
        // Not now: the database may be away, too.
      }
      if (watch.suspected !== undefined) await pause(restorePause);
    }
  }
}
