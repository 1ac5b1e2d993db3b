import type { FeedTransaction } from "../domain/appservice-feed/appservice-feed-store.ts";
import { type NextTransactionDeps, nextTransaction } from "../domain/appservice-feed/next-transaction.ts";
import { noteFailure } from "../domain/appservice-feed/note-failure.ts";
import type { AppserviceGateway } from "../domain/appservices/appservice-gateway.ts";
import type { Appservice } from "../domain/appservices/appservices.ts";
import type { Clock } from "../domain/kernel/clock.ts";
import { LeaseLostError } from "../domain/kernel/lease.ts";
import type { AppserviceObserver } from "../domain/kernel/observer.ts";
import type { Random } from "../domain/kernel/random.ts";
import { isRoom, isUser, type WakeName } from "../domain/kernel/unit-of-work.ts";
import { Bell } from "./bell.ts";
import type { WorkerLog } from "./worker-log.ts";

export interface AppserviceLoopOptions {
  readonly gateway: Pick<AppserviceGateway, "sendTransaction">;
  readonly observer: Pick<AppserviceObserver, "transactionEnded">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: WorkerLog & { readonly info: WorkerLog["warn"] };
}

/** Ms between two attempts at least, also when the appservice is known to be there: it may be there and refuse. */
const leastPause = 1000;
/** Ms between two looks at what has happened in rooms, where the first has found nothing to send. */
const leastBetweenLooks = 50;
/** Ms between two looks at the clock, which need not be the timers' own. */
const lookInterval = 1000;
/** Ms after the database, or this program, has failed. */
const pauseAfterTrouble = 5000;

/** Sends one appservice its transactions, one after another. */
export class AppserviceLoop {
  readonly #appservice: Appservice;
  readonly #options: AppserviceLoopOptions;
  readonly #news = new Bell();
  readonly #signs = new Bell();
  /** Something of a user of the appservice's changed, not of a room. */
  #isUrgent = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #isFailing = false;
  #isTroubled = false;

  constructor(appservice: Appservice, options: AppserviceLoopOptions) {
    this.#appservice = appservice;
    this.#options = options;
  }

  get appserviceId(): string {
    return this.#appservice.id;
  }

  /** Something of these changed. */
  wake(names: Iterable<WakeName>): void {
    for (const name of names) {
      if (this.#isUrgent) return;
      // Which rooms it hears of, only the database knows.
      if (isRoom(name)) this.#news.ring();
      else if (isUser(name) && this.#appservice.covers(name)) this.wakeAnyway();
    }
  }

  wakeAnyway(): void {
    this.#isUrgent = true;
    this.#news.ring();
  }

  /** The appservice shows that it is there: a pause after a failure is over. */
  noteAlive(): void {
    this.#signs.ring();
  }

  /**
   * Goes on until the signal is aborted. What is being sent then stays stored, and is sent again.
   * @throws LeaseLostError
   */
  async run(unitOfWork: NextTransactionDeps["unitOfWork"], signal: AbortSignal): Promise<void> {
    const deps = { ...this.#options, unitOfWork };
    let taken: string | undefined;
    for (let isLast = false; !isLast; ) {
      // What was taken when the end comes is still noted: one attempt.
      isLast = signal.aborted;
      try {
        this.#news.quiet();
        this.#isUrgent = false;
        this.#lookedAt = this.#options.clock.monotonic();
        const transaction = await nextTransaction(deps, this.#appservice, taken, signal);
        taken = undefined;
        this.#isTroubled = false;
        if (signal.aborted) return;
        if (!transaction) await this.#waitForNews(signal);
        else if (await this.#send(deps, transaction, signal)) taken = transaction.id;
      } catch (error) {
        if (error instanceof LeaseLostError) throw error;
        this.#reportTrouble(error);
        await this.#sleepUntil(this.#options.clock.monotonic() + pauseAfterTrouble, signal);
      }
      if (signal.aborted && taken === undefined) return;
    }
  }

  /** Every event of every room rings: those that come at once are looked at together. */
  async #waitForNews(signal: AbortSignal): Promise<void> {
    await this.#news.wait(signal);
    const left = this.#lookedAt + leastBetweenLooks - this.#options.clock.monotonic();
    if (this.#isUrgent || left <= 0 || signal.aborted) return;
    await new Bell().wait(signal, Math.min(left, leastBetweenLooks));
  }

  /** @returns whether the appservice has taken it; if not, after the pause that follows a failure */
  async #send(deps: NextTransactionDeps, { id, body }: FeedTransaction, signal: AbortSignal): Promise<boolean> {
    const { gateway, observer, log } = this.#options;
    const appservice = this.#appservice.id;
    this.#signs.quiet();
    const failure = await gateway.sendTransaction(this.#appservice, id, body, signal);
    if (!failure) {
      observer.transactionEnded(appservice, "delivered");
      if (this.#isFailing) log.info("an application service takes transactions again", { appservice });
      this.#isFailing = false;
      return true;
    }
    if (signal.aborted) return false;
    observer.transactionEnded(appservice, "failed");
    const { attempts, pause } = await noteFailure(deps, appservice, failure.error);
    if (!this.#isFailing) {
      log.warn("an application service takes no transactions", { appservice, reason: failure.error, attempts });
    }
    this.#isFailing = true;
    await this.#pause(pause, signal);
    return false;
  }

  /** A sign makes it short. */
  async #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    const begin = this.#options.clock.monotonic();
    await this.#sleepUntil(begin + Math.min(leastPause, milliseconds), signal);
    await this.#sleepUntil(begin + milliseconds, signal, this.#signs);
  }

  /** By the server's clock, whose time need not be that of the timers. It ends early when it rings. */
  async #sleepUntil(time: number, signal: AbortSignal, bell = new Bell()): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      const left = time - clock.monotonic();
      if (left <= 0 || signal.aborted || bell.isRung) return;
      await bell.wait(signal, Math.min(left, lookInterval));
    }
  }

  #reportTrouble(error: unknown): void {
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    this.#options.log.error("transactions to an application service wait", { appservice: this.#appservice.id, error });
  }
}
