import { constants } from "node:os";

/**
 * Milliseconds in which a second SIGINT counts as the same: on Ctrl-C the terminal sends it to the whole process group,
 * and npm sends it on once more.
 */
const sameKeyPress = 250;

/** Resolves at the first SIGTERM or SIGINT. From then on, the next one ends the process at once. */
export function waitForStopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let stopping = false;
  let repeated = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping && !(signal === "SIGINT" && repeated)) process.exit(128 + constants.signals[signal]);
      if (stopping) return;
      stopping = true;
      repeated = signal === "SIGINT";
      setTimeout(() => {
        repeated = false;
      }, sameKeyPress).unref();
      resolve();
    });
  }
  return promise;
}
