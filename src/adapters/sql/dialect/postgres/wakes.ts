import { Client } from "pg";
import type { Clock } from "../../../../domain/kernel/clock.ts";
import type { WakeName } from "../../../../domain/kernel/unit-of-work.ts";
import { CoveredNumbers, describeRanges, parseRanges } from "./covered-numbers.ts";
import { streamOf } from "./driver-stream.ts";
import { noticeText, parseNotice } from "./wake-notice.ts";

export interface WakesOptions {
  readonly listenUrl: string;
  readonly processId: string;
  readonly clock: Clock;
  readonly wake: (names: Iterable<WakeName>) => void;
  readonly wakeAll: () => void;
  /** The highest transaction number that was handed out to any process. */
  readonly findLastNumber: () => Promise<number>;
  /** Which transactions are known to be durable: for all processes to know (rule E5). */
  readonly durable: DurableNumbers;
}

export interface DurableNumbers {
  readonly committed: number;
  noteCommit(number: number): void;
  judgeLastNumber(last: number, lowest: number): void;
}

const channel = "claviger_wake";
/** Ms for which notices are gathered: each costs a lock that the whole database shares. */
const gatherTime = 5;
/** Numbers alone wake nobody, and wait so long, in ms. */
const lazyGatherTime = 250;
/** Ms between two looks for lost notices, and within which a connection must be found to be dead. */
const checkInterval = 1000;
const longestReconnectPause = 2000;
/** Ms that the database may take to connect, or to take a notice. */
const longestSilence = 5000;

/**
 * Tells other processes whom to wake, and hears it from them. A notice that is lost (a process died after its commit, a
 * connection broke) shows as a transaction number that nobody has told of: then everybody is woken.
 */
export class Wakes {
  readonly #options: WakesOptions;
  readonly #covered = new CoveredNumbers();
  #numbers: number[] = [];
  #woken = new Set<WakeName>();
  #gathering: NodeJS.Timeout | undefined;
  #gatheringFor = 0;
  #lastSent = Number.NEGATIVE_INFINITY;
  #listener: Client | undefined;
  #checks: NodeJS.Timeout | undefined;
  #reconnecting: NodeJS.Timeout | undefined;
  #reconnectPause = 100;
  #closed = false;
  #sending: Promise<void> = Promise.resolve();

  constructor(options: WakesOptions) {
    this.#options = options;
  }

  /** Resolves once it listens; rejects when it cannot, and is then to be closed. */
  async start(): Promise<void> {
    await this.#listen();
    this.#checkLater();
  }

  /** After a transaction: who was woken in this process, and is to be woken in the others. */
  tell(number: number, woken: ReadonlySet<WakeName>): void {
    this.#covered.add(number, number);
    this.#numbers.push(number);
    for (const userId of woken) this.#woken.add(userId);
    const time = woken.size > 0 ? this.#gatherTime() : lazyGatherTime;
    if (this.#gathering && this.#gatheringFor <= time) return;
    clearTimeout(this.#gathering);
    this.#gatheringFor = time;
    this.#gathering = setTimeout(() => this.#send(), time).unref();
  }

  /** After a quiet time a notice goes at once. */
  #gatherTime(): number {
    return Math.max(0, this.#lastSent + gatherTime - this.#options.clock.monotonic());
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#checks);
    clearTimeout(this.#reconnecting);
    this.#send();
    await this.#sending;
    if (this.#listener) streamOf(this.#listener).destroy();
  }

  #send(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    if (this.#numbers.length === 0) return;
    this.#lastSent = this.#options.clock.monotonic();
    const payload = noticeText({
      ...{ processId: this.#options.processId, numbers: describeRanges(this.#numbers), woken: [...this.#woken] },
      committed: this.#options.durable.committed,
    });
    this.#numbers = [];
    this.#woken = new Set();
    // Lost with the database: the others miss these numbers, and wake everybody.
    this.#sending = this.#sending.then(() => this.#notify(payload));
  }

  /** Not in a unit's transaction: NOTIFY locks the whole database through the commit, which here flushes nothing. */
  async #notify(payload: string): Promise<void> {
    const listener = this.#listener;
    try {
      await listener?.query({ name: "notify", text: "SELECT pg_notify($1, $2)", values: [channel, payload] });
    } catch {
      // A connection that takes no notice brings none either: another one is made.
      if (listener) streamOf(listener).destroy();
    }
  }

  async #listen(): Promise<void> {
    const client = new Client({
      ...{ connectionString: this.#options.listenUrl, keepAlive: true },
      ...{ connectionTimeoutMillis: longestSilence, query_timeout: longestSilence },
      application_name: "claviger listening",
    });
    this.#listener = client;
    client.on("notification", ({ payload }) => this.#hear(payload ?? ""));
    // A broken connection says so more than once, and then ends.
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.query("SET synchronous_commit = off");
      await client.query(`LISTEN ${channel}`);
    } catch (error) {
      // It may be half made.
      streamOf(client).destroy();
      throw error;
    }
    client.once("end", () => this.#reconnectLater());
    this.#reconnectPause = 100;
  }

  /** After the end of a connection that listened, or an attempt to make one. */
  #reconnectLater(): void {
    this.#listener = undefined;
    if (this.#closed) return;
    this.#reconnecting = setTimeout(() => {
      this.#listen().then(
        // What was told meanwhile went past us.
        () => this.#options.wakeAll(),
        () => this.#reconnectLater(),
      );
    }, this.#reconnectPause).unref();
    this.#reconnectPause = Math.min(this.#reconnectPause * 2, longestReconnectPause);
  }

  /** A notice that cannot be read is a lost one. */
  #hear(payload: string): void {
    const notice = parseNotice(payload);
    if (!notice || notice.processId === this.#options.processId) return;
    const { numbers, woken, committed } = notice;
    this.#options.durable.noteCommit(committed);
    for (const [first, last] of parseRanges(numbers)) this.#covered.add(first, last);
    if (woken === "everybody") this.#options.wakeAll();
    else this.#options.wake(woken);
  }

  #checkLater(): void {
    if (this.#closed) return;
    this.#checks = setTimeout(() => void this.#check().finally(() => this.#checkLater()), checkInterval).unref();
  }

  async #check(): Promise<void> {
    try {
      const { durable } = this.#options;
      const { committed } = durable;
      const last = await this.#options.findLastNumber();
      durable.judgeLastNumber(last, committed);
      if (!this.#covered.passUpTo(last)) this.#options.wakeAll();
    } catch {
      // No database: the connection that listens breaks too, and everybody is woken when it is back. Or it was restored.
    }
  }
}
