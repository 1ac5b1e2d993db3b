import type { Clock } from "../domain/kernel/clock.ts";
import { LeaseLostError, type LeasingStores } from "../domain/kernel/lease.ts";
import type { UnitOfWork } from "../domain/kernel/unit-of-work.ts";
import { startLeasedWorker } from "./leased-worker.ts";
import type { WorkerLog } from "./worker-log.ts";

/** Removes what has outlived its use. Each task is one use case and its own unit of work. */
export interface CleaningTask<Stores> {
  readonly name: string;
  run(unitOfWork: UnitOfWork<Stores>): Promise<unknown>;
}

export interface CleanerOptions<Stores extends LeasingStores> {
  /** This process's name, which no other has. */
  readonly holder: string;
  /** No other process uses the database. */
  readonly alone: boolean;
  readonly unitOfWork: UnitOfWork<Stores>;
  readonly clock: Clock;
  readonly log: WorkerLog;
  readonly tasks: readonly CleaningTask<Stores>[];
}

const interval = 10 * 60_000;

/**
 * Runs the tasks one after another, every ten minutes, in one process at a time; a failing one is reported and tried
 * again next time.
 * @returns stops it; resolves once no task is running
 */
export function startCleaner<Stores extends LeasingStores>(options: CleanerOptions<Stores>): () => Promise<void> {
  const { tasks, log } = options;
  return startLeasedWorker({
    ...options,
    name: "cleaner",
    roundInterval: interval,
    work: async (fenced, signal) => {
      for (const task of tasks) if (!signal.aborted) await runTask(task, fenced, log);
    },
  });
}

async function runTask<Stores>(task: CleaningTask<Stores>, fenced: UnitOfWork<Stores>, log: WorkerLog): Promise<void> {
  try {
    await task.run(fenced);
  } catch (error) {
    // The tasks after it are another process's now.
    if (error instanceof LeaseLostError) throw error;
    log.error("cleaning failed", { task: task.name, error });
  }
}
