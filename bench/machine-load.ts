import { readFileSync } from "node:fs";
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
  readonly #start = hostTimes();

  /** @param budget ms */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** The share of the CPU time wanted since the start that the host gave to other machines; `undefined`: it does not say. */
  get stolenShare(): number | undefined {
    const [start, now] = [this.#start, hostTimes()];
    return start && now && (now.stolen - start.stolen) / (now.wanted - start.wanted);
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

/** What Node.js does not tell: time for which a virtual machine waited for a CPU of its host (`man 5 proc_stat`). */
function hostTimes(): { stolen: number; wanted: number } | undefined {
  try {
    const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = readFileSync("/proc/stat", "utf8")
      .split("\n", 1)
      .flatMap((line) => line.split(/ +/).map(Number));
    return { stolen, wanted: user + nice + system + irq + softirq + stolen };
  } catch {
    // Another system.
    return undefined;
  }
}
