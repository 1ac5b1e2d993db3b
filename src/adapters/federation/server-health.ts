import type { Clock } from "../../domain/kernel/clock.ts";
import type { Outcome } from "./judge-answer.ts";

/** Failures in a row after which a server is spared. */
const patience = 3;

/** Ms of the first pause, and of the longest: each is twice as long as the one before. */
const firstPause = 1000;
const longestPause = 600_000;

/** Ms between two signs of life that end a pause: who sends may still not be reached. */
const betweenSigns = 1000;

/** A request that is made; what became of it is reported with it. */
export interface Attempt {
  /** Those that ran side by side with a failure that was counted fail with it, not after it. */
  readonly era: object;
  /** It was made though the pause was not over. */
  readonly isEarly: boolean;
}

/** A request that finds out whether a paused server is there again. */
export interface Probe {
  /** Ms that the server has for it. */
  readonly milliseconds: number;
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
}

/** How one server answers, and whether it is to be asked (rule C5). */
export class ServerHealth {
  readonly #clock: Clock;
  #era: object = {};
  #failures = 0;
  #pause = firstPause;
  /** In ms of the monotonic clock, as the next. */
  #until = 0;
  #lastSign = Number.NEGATIVE_INFINITY;
  /** It has shown that it is alive since it failed: once the pause is over everybody may ask it. */
  #isHopeful = false;
  #hasAnswered = false;
  #lastError = "";
  /** On its way. */
  probe: Probe | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** It is spared; when the time is over as well, until one request has shown that it answers. */
  get isPaused(): boolean {
    return this.#failures >= patience && !(this.#isHopeful && this.isDue);
  }

  /** A probe is due. */
  get isDue(): boolean {
    return this.#clock.monotonic() >= this.#until;
  }

  /** It has answered the last time that it was asked. */
  get isKnown(): boolean {
    return this.#hasAnswered;
  }

  /** Ms until it is asked again. */
  get left(): number {
    return Math.max(0, Math.ceil(this.#until - this.#clock.monotonic()));
  }

  get failures(): number {
    return this.#failures;
  }

  /** One line. */
  get lastError(): string {
    return this.#lastError;
  }

  begin(): Attempt {
    return { era: this.#era, isEarly: this.isPaused && !this.isDue };
  }

  end(attempt: Attempt, { answer, sign, retryAfter }: Outcome): void {
    if (sign === "alive") this.#succeed();
    if (sign !== "failing") return;
    this.#hasAnswered = false;
    this.#lastError = answer.failure?.error ?? "";
    if (retryAfter !== undefined) this.#obey(retryAfter);
    else if (attempt.era === this.#era && !attempt.isEarly) this.#fail();
  }

  /** It has made a request, so it is there; whether it can be reached, the next request to it shows. */
  noteAlive(): void {
    if (this.#failures < patience) return;
    const now = this.#clock.monotonic();
    const end = Math.max(now, this.#lastSign + betweenSigns);
    this.#isHopeful = true;
    this.#until = Math.min(this.#until, end);
    this.#lastSign = Math.min(end, this.#until);
  }

  #succeed(): void {
    this.#era = {};
    this.#failures = 0;
    this.#pause = firstPause;
    this.#isHopeful = false;
    this.#hasAnswered = true;
  }

  #fail(): void {
    this.#era = {};
    this.#failures++;
    if (this.#failures < patience) return;
    this.#pauseFor(this.#pause);
    this.#pause = Math.min(2 * this.#pause, longestPause);
  }

  /** It has said for how long. */
  #obey(retryAfter: number): void {
    this.#era = {};
    this.#failures = Math.max(this.#failures + 1, patience);
    this.#pauseFor(Math.min(Math.max(retryAfter, firstPause), longestPause));
  }

  #pauseFor(milliseconds: number): void {
    this.#isHopeful = false;
    this.#until = this.#clock.monotonic() + milliseconds;
  }
}
