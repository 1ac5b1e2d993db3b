import { setTimeout as pause } from "node:timers/promises";

/** Ms after which what has not come true is taken for never: far longer than anything takes that works. */
const patience = 90_000;

/** Tries until `attempt` throws no more, and gives what it gives; what it threw last is the test's failure. */
export async function eventually<T>(attempt: () => Promise<T> | T): Promise<T> {
  const end = performance.now() + patience;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > end) throw error;
      await pause(25);
    }
  }
}
