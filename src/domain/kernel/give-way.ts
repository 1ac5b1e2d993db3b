import type { Clock } from "./clock.ts";

/** Ms of work after which other requests have their turn. */
const longestStretch = 3;

/** For work on a great many objects: awaited between two of them, the function lets others work when it is time. */
export function givingWay(clock: Clock): () => Promise<void> {
  let start = clock.monotonic();
  return async () => {
    if (clock.monotonic() - start < longestStretch) return;
    await new Promise((resolve) => setImmediate(resolve));
    start = clock.monotonic();
  };
}
