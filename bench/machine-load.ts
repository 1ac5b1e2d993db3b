import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** The share of the CPUs above which somebody else is at work. */
const disturbing = 0.15;

/**
 * Whether this machine is free for measuring. Waiting for that, and repeating what was disturbed, has a budget; once it
 * is used up, everything is taken as it comes.
 */
export class MachineLoad {
  #budget: number;
  /** Rounds that were measured although others used the CPUs. */
  disturbedRounds = 0;

  /** @param budget ms */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Waits until the others are done, as long as the budget lasts. */
  async untilFree(): Promise<void> {
    const start = performance.now();
    while (this.#budget > performance.now() - start && (await isBusy())) await sleep(500);
    this.#budget -= performance.now() - start;
  }

  /** Whether something that began at `start` (`performance.now`) was disturbed at its end, and shall be done again. */
  async mustRepeat(start: number): Promise<boolean> {
    if (!(await isBusy())) return false;
    if (this.#budget > 0) {
      this.#budget -= performance.now() - start;
      return true;
    }
    this.disturbedRounds++;
    return false;
  }
}

/** Looks while this process and its children have nothing to do: what is busy then is not ours. */
async function isBusy(): Promise<boolean> {
  // What a load has left behind, such as sockets to close, is done first.
  await sleep(100);
  const before = cpuTimes();
  await sleep(300);
  const after = cpuTimes();
  return (after.busy - before.busy) / (after.all - before.all) > disturbing;
}

function cpuTimes(): { busy: number; all: number } {
  let [busy, all] = [0, 0];
  for (const { times } of cpus()) {
    const sum = Object.values(times).reduce((total, time) => total + time);
    all += sum;
    busy += sum - times.idle;
  }
  return { busy, all };
}
