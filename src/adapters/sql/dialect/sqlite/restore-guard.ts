import type { HighWater, HighWaterFile } from "../high-water-file.ts";
import { fileIdentity } from "./file-identity.ts";
import type { ServerState } from "./server-state.ts";
import { suspectRestore } from "./suspect-restore.ts";

/** Commit numbers that are reserved at once: what a crash leaves uncertain, and how rarely the file is written. */
const reservedBlock = 64;
const identityName = "file_identity";

export interface RestoreGuardOptions {
  readonly path: string;
  readonly file: HighWaterFile;
  readonly state: ServerState;
  /** The operator says that the database was restored. */
  readonly restored: boolean;
}

/**
 * Notices that the database was restored from a backup (rule E5), for whoever holds the database's lock: what has been
 * issued since the backup must not be issued again. It remembers commit numbers outside the database, and the identity
 * of the file inside it.
 */
export class RestoreGuard {
  readonly #options: RestoreGuardOptions;
  #known: HighWater;

  /** Judges the database; reads and writes under its write lock. */
  constructor(options: RestoreGuardOptions) {
    this.#options = options;
    this.#known = options.state.exclusively(() => this.#judge());
    if (this.#known.suspected === undefined) this.#passEveryBackup();
  }

  /** Why a restore is suspected, in one line. */
  get suspected(): string | undefined {
    return this.#known.suspected;
  }

  /** Reserves the number if it is not; called under the write lock. */
  beforeCommit(commitNumber: number): void {
    if (commitNumber <= this.#known.reserved) return;
    this.#remember({ ...this.#known, ...block(commitNumber - 1) });
  }

  /** Records file and commit number anew: only after the changes that answer a restore have been committed. */
  accept(): void {
    const { state } = this.#options;
    state.exclusively(() => {
      // The identity first: a crash before its commit leaves the old one, and the restore is noticed again.
      this.#recordIdentity();
      this.#remember(block(state.commitNumber()));
    });
  }

  /** Records that the server stopped cleanly at this commit. */
  close(): void {
    const { state } = this.#options;
    state.exclusively(() => {
      const committed = state.commitNumber();
      this.#remember({ ...this.#known, committed, reserved: committed });
    });
  }

  /**
   * Moves the commit number beyond every one that was reserved before this start. A backup that was made until now has
   * a lower one, also if it lies within the block that a crash has left uncertain.
   */
  #passEveryBackup(): void {
    const { state } = this.#options;
    const next = this.#known.reserved + 1;
    // Both numbers fit until the database has the new one: a crash in between is no restore.
    this.#remember({ ...this.#known, reserved: next + reservedBlock });
    state.exclusively(() => state.putCommitNumber(next));
    this.#remember(block(next));
  }

  #judge(): HighWater {
    const { state, file, path, restored } = this.#options;
    const commitNumber = state.commitNumber();
    const recordedIdentity = state.find(identityName);
    const highWater = file.read();
    const facts = { commitNumber, recordedIdentity, identity: fileIdentity(path), highWater };
    const suspected = restored ? "claviger serve --restored says so" : suspectRestore(facts);
    if (suspected !== undefined) return this.#remember({ ...block(commitNumber), suspected });
    // The file first: a crash before the commit leaves a database without an identity, which begins again.
    const known = recordedIdentity === undefined ? this.#remember(block(commitNumber)) : (highWater as HighWater);
    this.#recordIdentity();
    return known;
  }

  /** Right after a file was made its birth time may not be told from its last change: later it is added. */
  #recordIdentity(): void {
    const { state, path } = this.#options;
    const identity = fileIdentity(path);
    if (state.find(identityName) !== identity) state.put(identityName, identity);
  }

  #remember(highWater: HighWater): HighWater {
    this.#options.file.write(highWater);
    this.#known = highWater;
    return highWater;
  }
}

/** The block after a committed number. */
export function block(committed: number): HighWater {
  return { committed, reserved: committed + reservedBlock };
}
