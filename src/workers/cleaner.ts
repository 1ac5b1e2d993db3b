/** Removes what has outlived its use. Each task is one use case and its own unit of work. */
export interface CleaningTask {
  readonly name: string;
  run(): Promise<unknown>;
}

const interval = 10 * 60_000;

/**
 * Runs the tasks one after another, every ten minutes; a failing one is reported and tried again next time.
 * @returns stops it; resolves once no task is running
 */
export function startCleaner(
  tasks: readonly CleaningTask[],
  onFailure: (task: string, error: unknown) => void,
): () => Promise<void> {
  let running = Promise.resolve();
  let timer: NodeJS.Timeout;
  const clean = async () => {
    for (const { name, run } of tasks) await run().catch((error: unknown) => onFailure(name, error));
    waitForNext();
  };
  const waitForNext = () => {
    timer = setTimeout(() => {
      running = clean();
    }, interval).unref();
  };
  waitForNext();
  return async () => {
    clearTimeout(timer);
    await running;
    // A round that was running has set the next timer.
    clearTimeout(timer);
  };
}
