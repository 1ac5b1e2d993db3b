import type { HighWater, HighWaterFile } from "../high-water-file.ts";
import type { BeginRow } from "./transaction.ts";

/** Numbers of transactions that are reserved at once: how rarely the file is written. */
export const reservedBlock = 1024;

/** What the database says of itself, and what was recorded in it when it was last trusted. */
export interface DatabaseFacts {
  /** System identifier, timeline, and the object ids of the database and of a table: a copy has other ones. */
  readonly identity: string;
  readonly timeline: string;
  readonly recordedIdentity: string | undefined;
  /** The highest transaction number that has been handed out. */
  readonly commit_number: number;
}

/**
 * Notices that the database was restored from a backup, or failed over to a server that lacks something (rule E5). It
 * knows the timeline, and the highest number of a transaction that is committed for certain: numbers only rise.
 */
export class RestoreWatch {
  readonly #file: HighWaterFile | undefined;
  #timeline = "";
  #committed = 0;
  #reserved = 0;
  #suspected: string | undefined;

  /** @param file `undefined` for a command: it leaves no trace, and judges nothing from before */
  constructor(file: HighWaterFile | undefined) {
    this.#file = file;
  }

  /** Why a restore is suspected, in one line. */
  get suspected(): string | undefined {
    return this.#suspected;
  }

  /** At the start of a process. */
  judgeStart(facts: DatabaseFacts, saysRestored: boolean): void {
    const found = this.#file?.read();
    this.#timeline = facts.timeline;
    const reason = saysRestored ? "claviger serve --restored says so" : suspicion(facts, found);
    if (reason !== undefined) this.suspect(reason);
  }

  /** How many numbers must be used up so that every backup that was made until now has a lower one. */
  numbersToPass({ commit_number: reached }: DatabaseFacts): number {
    const found = this.#file?.read();
    const reserved = found === undefined || found === "unreadable" ? 0 : found.reserved;
    return Math.max(0, reserved - reached) + 1;
  }

  /** Begins anew from a transaction number that is durable. */
  trust(timeline: string, committed: number): void {
    this.#timeline = timeline;
    this.#committed = committed;
    this.#suspected = undefined;
    this.#write(committed + reservedBlock);
  }

  /** The highest number of a transaction that is durable for certain, of this process or another. */
  get committed(): number {
    return this.#committed;
  }

  /**
   * Why a transaction is not in the database that was trusted; `undefined` when all is well.
   * @param lowest the lowest number that it may have, as known when it was begun
   */
  judge({ timeline, commit_number: number }: BeginRow, lowest: number): string | undefined {
    if (timeline !== this.#timeline) {
      return `the database is on timeline ${timeline}, and was on ${this.#timeline}: it was restored or failed over`;
    }
    return this.judgeNumber(number, lowest);
  }

  judgeNumber(number: number, lowest: number): string | undefined {
    return number >= lowest ? undefined : `the database is at transaction ${number}, and was at ${lowest} before`;
  }

  /** Reserves a number before the transaction that has it is committed. */
  reserve(number: number): void {
    if (number > this.#reserved && this.#suspected === undefined) this.#write(number + reservedBlock);
  }

  noteCommit(number: number): void {
    this.#committed = Math.max(this.#committed, number);
  }

  /** True for the first who suspects. */
  suspect(reason: string): boolean {
    if (this.#suspected !== undefined) return false;
    this.#suspected = reason;
    this.#write(this.#reserved);
    return true;
  }

  /** Records a clean end. */
  close(): void {
    if (this.#suspected === undefined) this.#write(this.#committed);
  }

  #write(reserved: number): void {
    this.#reserved = reserved;
    const suspected = this.#suspected;
    this.#file?.write({ committed: this.#committed, reserved, ...(suspected !== undefined && { suspected }) });
  }
}

/** A process that is new to the database has no file, and nothing to compare. */
function suspicion(facts: DatabaseFacts, found: HighWater | "unreadable" | undefined): string | undefined {
  const { identity, recordedIdentity, commit_number: number } = facts;
  if (recordedIdentity === undefined) return undefined;
  if (recordedIdentity !== identity) {
    return "the database is not the one that was used last: it was restored, copied or failed over";
  }
  if (found === "unreadable") return "the high-water file in data_dir cannot be understood";
  if (found?.suspected !== undefined) return found.suspected;
  if (found === undefined || number >= found.committed) return undefined;
  return `the database is at transaction ${number}, but data_dir remembers that it was at ${found.committed}`;
}
