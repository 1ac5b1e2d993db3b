import type { Snapshots, UnitOfWork } from "../../domain/kernel/unit-of-work.ts";

/** A database that is open, whichever the engine. */
export interface OpenedDatabase<Stores> {
  readonly unitOfWork: UnitOfWork<Stores>;
  readonly snapshots: Snapshots<Stores>;
  /** Whether other processes may use it at the same time. */
  readonly isShared: boolean;
  /** Whether units that name the same share a commit: the next one sees what one before it has written. */
  readonly unitsShareCommits: boolean;
  /**
   * Why the database looks restored from a backup (rule E5), in one line; `undefined` when all is well. Before anything
   * else, `retireAfterRestore` runs and then `acceptRestore`.
   */
  readonly restoreSuspected: string | undefined;
  /** Records that the restore has been answered. Until then every start suspects it anew. */
  acceptRestore(): Promise<void>;
  /** For the log at start (rule E4). */
  describe(): Readonly<Record<string, string | number>>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  /** Answers the units that wait, then closes. */
  close(): Promise<void>;
}
