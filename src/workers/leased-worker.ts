import type { Clock } from "../domain/kernel/clock.ts";
import {
  fencedUnitOfWork,
  type Lease,
  LeaseLostError,
  type LeasingStores,
  releaseLease,
  takeLease,
} from "../domain/kernel/lease.ts";
import type { UnitOfWork } from "../domain/kernel/unit-of-work.ts";
import type { WorkerLog } from "./worker-log.ts";

/**
 * How often a process asks for a lease or renews it, and how long one lives, in ms. The successor of a process that has
 * died begins after the sum of both at the latest, 9.5 s: the lease was renewed just before the death, and its expiry
 * just missed. A holder may miss one renewal, and come late with the next.
 */
export const attemptInterval = 2500;
export const leaseLifetime = 7000;

export interface LeasedWorkerOptions<Stores extends LeasingStores> {
  /** The lease's name, and that of the work in the log. */
  readonly name: string;
  /** This process's name, which no other has. */
  readonly holder: string;
  readonly unitOfWork: UnitOfWork<Stores>;
  readonly clock: Clock;
  /** No other process uses the database: nobody waits for the lease, and the disk of an idle server may rest. */
  readonly alone?: boolean;
  /** The first attempt to take the lease comes at once, not after an interval. */
  readonly atOnce?: boolean;
  /** Ms that the lease lives; `leaseLifetime` where it is left out. */
  readonly lifetime?: number;
  /** Ms between the beginnings of two rounds. The first one begins when the lease is taken. */
  readonly roundInterval: number;
  /**
   * One round. It changes data through `fenced` alone, and ends early when `signal` is aborted: at a stop, or when the
   * lease is lost.
   */
  readonly work: (fenced: UnitOfWork<Stores>, signal: AbortSignal) => Promise<void>;
  readonly log: WorkerLog;
}

/**
 * Does its work in rounds, in one process at a time.
 * @returns stops it: resolves once no round runs, and the lease is free for others
 */
export function startLeasedWorker<Stores extends LeasingStores>(
  options: LeasedWorkerOptions<Stores>,
): () => Promise<void> {
  const { alone = false, atOnce = false, roundInterval } = options;
  const worker = new LeasedWorker(alone ? { ...options, lifetime: 2 * roundInterval } : options);
  let timer: NodeJS.Timeout;
  const waitForNext = () => {
    timer = setTimeout(step, alone ? roundInterval : attemptInterval).unref();
  };
  const step = () => {
    // Who is alone renews no lease for the sake of a round that goes on and on.
    if (alone && worker.isWorking) waitForNext();
    else void worker.step().then(waitForNext);
  };
  if (atOnce) step();
  else waitForNext();
  return async () => {
    clearTimeout(timer);
    await worker.stop();
    // An attempt that was under way has set the next timer.
    clearTimeout(timer);
  };
}

/** A worker without its timer. */
export class LeasedWorker<Stores extends LeasingStores> {
  readonly #options: LeasedWorkerOptions<Stores>;
  #lease: Lease | undefined;
  #attempt = Promise.resolve();
  #round: Promise<void> | undefined;
  #endRound = new AbortController();
  /** In ms of the monotonic clock. */
  #nextRound = 0;
  #outOfReach = false;
  #stopped = false;

  constructor(options: LeasedWorkerOptions<Stores>) {
    this.#options = options;
  }

  /** Whether a round runs. */
  get isWorking(): boolean {
    return this.#round !== undefined;
  }

  /** Takes the lease or renews it, and begins a round when one is due, whose end it does not await. It never rejects. */
  step(): Promise<void> {
    if (!this.#stopped) this.#attempt = this.#step();
    return this.#attempt;
  }

  /** Resolves once no round runs, and the lease is free for others. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#endRound.abort();
    await this.#attempt;
    await this.#round;
    const lease = this.#lease;
    this.#lease = undefined;
    // Without the database the lease ends by itself: a stop waits for no outage.
    if (lease && !this.#outOfReach) await this.#reach(() => releaseLease(this.#options.unitOfWork, lease));
  }

  async #step(): Promise<void> {
    const { name, holder, unitOfWork, clock, lifetime = leaseLifetime } = this.#options;
    await this.#reach(async () => this.#hold(await takeLease(unitOfWork, name, holder, lifetime)));
    // While the database is out of reach the lease may be ours still, but there is nothing to do with it.
    if (!this.#lease || this.#outOfReach || this.#stopped) return;
    if (this.#round || clock.monotonic() < this.#nextRound) return;
    this.#round = this.#runRound(this.#lease).finally(() => {
      this.#round = undefined;
    });
  }

  /** An outage is told when it begins, not at each attempt. */
  async #reach(ask: () => Promise<void>): Promise<void> {
    const { name, log } = this.#options;
    try {
      await ask();
      this.#outOfReach = false;
    } catch (error) {
      if (!this.#outOfReach) log.warn("background work waits for the database", { work: name, error });
      this.#outOfReach = true;
    }
  }

  /** With another lease than before, or none, the one before is lost. */
  #hold(lease: Lease | undefined): void {
    const { name, clock, log } = this.#options;
    if (lease?.token === this.#lease?.token) return;
    if (this.#lease) {
      this.#endRound.abort();
      log.warn("background work was taken over by another process", { work: name });
    }
    if (lease) {
      this.#nextRound = clock.monotonic();
      log.debug("background work is done by this process", { work: name });
    }
    this.#lease = lease;
  }

  async #runRound(lease: Lease): Promise<void> {
    const { name, unitOfWork, clock, roundInterval, work, log } = this.#options;
    this.#endRound = new AbortController();
    this.#nextRound = clock.monotonic() + roundInterval;
    try {
      await work(fencedUnitOfWork(unitOfWork, lease), this.#endRound.signal);
    } catch (error) {
      if (!(error instanceof LeaseLostError)) log.error("background work failed", { work: name, error });
      else if (lease === this.#lease) this.#hold(undefined);
    }
  }
}
