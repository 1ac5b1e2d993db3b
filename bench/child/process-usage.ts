import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { longestHold } from "./longest-hold.ts";

/** In bytes. */
export interface Memory {
  /** Of the whole process. */
  readonly rss: number;
  /** Of JavaScript's objects, with the buffers that they hold. */
  readonly heap: number;
}

/** What this process tells its parent about itself. */
export const usageCalls = {
  /** After a garbage collection. */
  memory(): Memory {
    collectGarbage ??= exposeCollector();
    for (let time = 0; time < 3; time++) collectGarbage();
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, heap: heapUsed + external };
  },
  /** CPU time so far, in ms. */
  cpu(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  longestHold,
};

let collectGarbage: (() => void) | undefined;

function exposeCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
