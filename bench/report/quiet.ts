import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** The share of this machine's CPU time that others use, over some ms in which this process sleeps. */
async function foreignLoad(milliseconds: number): Promise<number> {
  const before = totals();
  await sleep(milliseconds);
  const after = totals();
  return (after.busy - before.busy) / (after.all - before.all);
}

function totals(): { busy: number; all: number } {
  let [busy, all] = [0, 0];
  for (const { times } of cpus()) {
    const sum = Object.values(times).reduce((total, time) => total + time);
    all += sum;
    busy += sum - times.idle;
  }
  return { busy, all };
}

const quiet = 0.1;

/** Waits until nobody else uses the CPUs much, but not for ever; gives the share that they used last. */
export async function untilQuiet(patience: number): Promise<number> {
  const end = performance.now() + patience;
  for (;;) {
    const load = await foreignLoad(1_000);
    if (load < quiet || performance.now() >= end) return load;
  }
}

export function isQuiet(load: number): boolean {
  return load < quiet;
}
