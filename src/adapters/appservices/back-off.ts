import type { Clock } from "../../domain/kernel/clock.ts";

/** Failures in a row after which it begins. */
const patience = 3;

/** Ms between two attempts at least, also when the appservice is known to be there: it may be there and fail. */
const leastPause = 1000;

/** A turn that `begin` gave; what became of it is reported with it. */
export type Attempt = object;

export type BackOffKind = "none" | "unknown-route" | "failing";

/**
 * When an appservice that does not answer is asked again (rule Q6): an unknown route after 1 minute to 1 hour, one that
 * fails after 1 second to 1 minute, twice as long each time. Once that time is over one attempt shows whether it goes on.
 */
export class BackOff {
  readonly #clock: Clock;
  readonly #unknownRoute = new DoublingDelay(60_000, 3_600_000);
  readonly #failing = new DoublingDelay(1000, 60_000);
  #kind: BackOffKind = "none";
  /** In ms of the monotonic clock, as the next. */
  #began = 0;
  #until = 0;
  #failures = 0;
  #probe: Attempt | undefined;
  #lastError: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the appservice is not to be asked now: the time is not over, or somebody else is finding out. */
  get spares(): boolean {
    return this.#kind !== "none" && (this.#probe !== undefined || this.#clock.monotonic() < this.#until);
  }

  get kind(): BackOffKind {
    return this.#kind;
  }

  /** Ms until the appservice is asked again. */
  get left(): number {
    return this.#kind === "none" ? 0 : Math.max(0, Math.ceil(this.#until - this.#clock.monotonic()));
  }

  /** One line; `undefined` after a success. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** Takes a turn; only while it does not spare. */
  begin(): Attempt {
    const attempt = {};
    if (this.#kind !== "none") this.#probe = attempt;
    return attempt;
  }

  succeeded(): void {
    this.#unknownRoute.reset();
    this.#lastError = undefined;
    this.#kind = "none";
    this.#probe = undefined;
    this.#failures = 0;
    this.#failing.reset();
  }

  failed(attempt: Attempt, error: string): void {
    this.#lastError = error;
    if (this.#isLate(attempt)) return;
    this.#failures++;
    if (attempt === this.#probe || this.#failures >= patience) this.#start("failing", this.#failing.next());
  }

  /** It knows none of the paths. */
  foundNoRoute(attempt: Attempt): void {
    this.#lastError = "it does not know the route";
    if (this.#isLate(attempt)) return;
    this.#failing.reset();
    this.#start("unknown-route", this.#unknownRoute.next());
  }

  /**
   * The appservice is alive: what failed may work again, and one attempt shows it. Only a success ends more than the
   * pause, for an appservice can be alive and fail all the same. That it does not know the route stays.
   */
  endPause(): void {
    if (this.#kind === "failing") this.#until = Math.min(this.#until, this.#began + leastPause);
  }

  /** An attempt from before the back-off says nothing about how long it must be. */
  #isLate(attempt: Attempt): boolean {
    return this.#kind !== "none" && attempt !== this.#probe;
  }

  #start(kind: BackOffKind, delay: number): void {
    this.#kind = kind;
    this.#probe = undefined;
    this.#began = this.#clock.monotonic();
    this.#until = this.#began + delay;
  }
}

class DoublingDelay {
  readonly #first: number;
  readonly #longest: number;
  #next: number;

  constructor(first: number, longest: number) {
    this.#first = first;
    this.#longest = longest;
    this.#next = first;
  }

  next(): number {
    const delay = this.#next;
    this.#next = Math.min(2 * delay, this.#longest);
    return delay;
  }

  reset(): void {
    this.#next = this.#first;
  }
}
