import { monitorEventLoopDelay } from "node:perf_hooks";

/** Ms between two looks of the monitor. */
const resolution = 1;

let monitor: ReturnType<typeof monitorEventLoopDelay> | undefined;

/** The longest time for which this process's event loop was held since it was last asked, in ms. It begins to look when it is first asked. */
export function longestHold(): number {
  if (!monitor) {
    monitor = monitorEventLoopDelay({ resolution });
    monitor.enable();
    return 0;
  }
  const longest = monitor.max / 1e6 - resolution;
  monitor.reset();
  return Math.max(0, longest);
}
