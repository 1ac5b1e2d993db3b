import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { CheckpointThreadData } from "./checkpoint-thread.ts";

export interface CheckpointOptions {
  readonly path: string;
  /** Ms until the thread starts: it must not slow the server's start. */
  readonly delay?: number;
  /** Ms between two checkpoints. */
  readonly interval?: number;
  readonly restartBytes?: number;
  /** Called when the log is too long, and nearly all of it copied: the writer must begin it anew. */
  readonly onLongLog: () => void;
  /** Called when the thread has died: somebody else must checkpoint. */
  readonly onDeath: (error: unknown) => void;
}

/** How long a checkpoint that is under way may hold up the close, in ms. */
const patience = 3000;

/** The checkpoint thread's life: it starts late, keeps no process alive, and its death does no harm. */
export class Checkpoints {
  readonly #options: CheckpointOptions;
  readonly #start: NodeJS.Timeout;
  #worker: Worker | undefined;

  constructor(options: CheckpointOptions) {
    this.#options = options;
    this.#start = setTimeout(() => this.#run(), options.delay ?? 1000);
    this.#start.unref();
  }

  /** Resolves when the thread has closed its connection. */
  async stop(): Promise<void> {
    clearTimeout(this.#start);
    const worker = this.#worker;
    this.#worker = undefined;
    if (!worker) return;
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    // From here on the process must not end before the thread has.
    worker.ref();
    worker.postMessage("stop");
    const tooLong = setTimeout(() => void worker.terminate(), patience);
    await ended;
    clearTimeout(tooLong);
  }

  #run(): void {
    const { path, interval = 1000, restartBytes = 64 * 1024 * 1024 } = this.#options;
    const workerData: CheckpointThreadData = { path, interval, restartBytes };
    // Beside this file, as source or compiled.
    const file = new URL(`./checkpoint-thread${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
    const worker = new Worker(file, { workerData, execArgv: [], name: "checkpoints" });
    worker.unref();
    worker.on("message", this.#options.onLongLog);
    let failure: unknown;
    worker.once("error", (error) => {
      failure = error;
    });
    worker.once("exit", () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#options.onDeath(failure);
    });
    this.#worker = worker;
  }
}
