import { statSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import Database from "better-sqlite3";

/**
 * Worker thread: copies the write-ahead log into the database file, so that the event loop does not wait for it.
 * Passive checkpoints wait for nobody and hold up nobody. Beginning the log anew needs a moment without writes, and a
 * writer that commits all the time leaves none: when the log is too long, the thread says so, and the writer does it
 * between two commits, with little left to copy.
 */
export interface CheckpointThreadData {
  readonly path: string;
  /** Ms between two looks at the log. */
  readonly interval: number;
  /** Length of the log from which on it is too long, in bytes. */
  readonly restartBytes: number;
}

const { path, interval, restartBytes } = workerData as CheckpointThreadData;
const connection = new Database(path, { timeout: 50, fileMustExist: true });
connection.pragma("synchronous = FULL");
connection.pragma("checkpoint_fullfsync = ON");
const pageSize = connection.pragma("page_size", { simple: true }) as number;
/** Rounds after a long checkpoint. */
const catchingUp = 3;
let lastChange: bigint | undefined;

function logChange(): bigint | undefined {
  return statSync(`${path}-wal`, { bigint: true, throwIfNoEntry: false })?.mtimeNs;
}

function passiveCheckpoint() {
  const [result] = connection.pragma("wal_checkpoint(PASSIVE)") as { log: number; checkpointed: number }[];
  return result;
}

function checkpoint(): void {
  const change = logChange();
  if (change === lastChange) return;
  let passive = passiveCheckpoint();
  if (passive && passive.log * pageSize > restartBytes) {
    // Each round copies what was written during the one before: less and less is left for the writer.
    for (let round = 0; round < catchingUp; round++) passive = passiveCheckpoint();
    parentPort?.postMessage("long log");
  }
  // What was written meanwhile, or kept from the file by a reader, is for the next time.
  if (passive && passive.checkpointed === passive.log) lastChange = change;
}

let next: NodeJS.Timeout | undefined;

function checkpointAgainLater(): void {
  next = setTimeout(() => {
    try {
      checkpoint();
    } catch {
      // A full disk or a locked database: the log keeps everything, and the next look tries again.
    }
    checkpointAgainLater();
  }, interval);
}

checkpointAgainLater();
parentPort?.once("message", () => {
  clearTimeout(next);
  connection.close();
});
