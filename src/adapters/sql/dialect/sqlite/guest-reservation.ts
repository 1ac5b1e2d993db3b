import type { HighWaterFile } from "../high-water-file.ts";
import { block } from "./restore-guard.ts";

/**
 * What a command does for rule E5 that writes while the server runs: its commits are numbered too, and must not be
 * taken for a restore after a crash of the server. Writers hold SQLite's write lock here, so the file is nobody else's.
 */
export function reserveAsGuest(file: HighWaterFile): (commitNumber: number) => void {
  return (commitNumber) => {
    const highWater = file.read();
    // Without a file there is nothing to keep up; making one is the part of who judges the database.
    if (highWater === undefined || highWater === "unreadable" || commitNumber <= highWater.reserved) return;
    file.write({ ...highWater, ...block(commitNumber - 1) });
  };
}
