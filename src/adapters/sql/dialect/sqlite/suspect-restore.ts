import type { HighWater } from "../high-water-file.ts";
import { isSameFile } from "./file-identity.ts";

/** What is known when a database is opened. */
export interface OpeningFacts {
  readonly commitNumber: number;
  /** The file's identity as the database recorded it; `undefined` in a database that has not been served yet. */
  readonly recordedIdentity: string | undefined;
  readonly identity: string;
  readonly highWater: HighWater | "unreadable" | undefined;
}

/** Why the database looks restored from a backup (rule E5), in one line; `undefined` when all is well. */
export function suspectRestore(facts: OpeningFacts): string | undefined {
  const { commitNumber, recordedIdentity, identity, highWater } = facts;
  if (recordedIdentity === undefined) return undefined;
  if (highWater === undefined) return "data_dir has no high-water.json although the database has been in use";
  if (highWater === "unreadable") return "high-water.json in data_dir cannot be understood";
  if (highWater.suspected !== undefined) return highWater.suspected;
  if (!isSameFile(recordedIdentity, identity)) {
    return "the database file is not the one that was used last: it was copied or replaced";
  }
  const { committed, reserved } = highWater;
  if (commitNumber >= committed && commitNumber <= reserved) return undefined;
  const expected = committed === reserved ? `${committed}` : `between ${committed} and ${reserved}`;
  return `the database is at commit ${commitNumber}, but data_dir remembers that it was at commit ${expected}`;
}
