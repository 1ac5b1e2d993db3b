import { Client } from "pg";
import type { UserId } from "../../../../protocol/identifiers/user-id.ts";
import { CoveredNumbers, describeRanges, parseRanges } from "./covered-numbers.ts";

/** What one process tells the others after its transactions: who it is, their numbers, who is to be woken. */
type Notice = readonly [processId: string, numbers: string, woken: readonly UserId[] | "everybody"];

export interface WakesOptions {
  readonly listenUrl: string;
  readonly processId: string;
  readonly wake: (userIds: Iterable<UserId>) => void;
  readonly wakeAll: () => void;
  /** Sends a notification, in a transaction of its own. */
  readonly notify: (channel: string, payload: string) => Promise<void>;
  /** The highest transaction number that was handed out to any process. */
  readonly findLastNumber: () => Promise<number>;
}

const channel = "claviger_wake";
/** Ms for which notices are gathered: each costs a lock that the whole database shares. */
const gatherTime = 5;
/** Numbers alone wake nobody, and wait so long, in ms. */
const lazyGatherTime = 250;
/** Bytes; PostgreSQL takes 8,000. */
const longestPayload = 7900;
/** Ms between two looks for lost notices, and within which a connection must be found to be dead. */
const checkInterval = 1000;
const longestReconnectPause = 2000;

/**
 * Tells other processes whom to wake, and hears it from them. A notice that is lost (a process died after its commit, a
 * connection broke) shows as a transaction number that nobody has told of: then everybody is woken.
 */
export class Wakes {
  readonly #options: WakesOptions;
  readonly #covered = new CoveredNumbers();
  #numbers: number[] = [];
  #woken = new Set<UserId>();
  #gathering: NodeJS.Timeout | undefined;
  #gatheringFor = 0;
  #listener: Client | undefined;
  #checks: NodeJS.Timeout | undefined;
  #reconnecting: NodeJS.Timeout | undefined;
  #reconnectPause = 100;
  #closed = false;
  #sending: Promise<void> = Promise.resolve();

  constructor(options: WakesOptions) {
    this.#options = options;
  }

  /** Resolves once it listens. */
  async start(): Promise<void> {
    await this.#listen();
    this.#checkLater();
  }

  /** After a transaction: who was woken in this process, and is to be woken in the others. */
  tell(number: number, woken: ReadonlySet<UserId>): void {
    this.#covered.add(number, number);
    this.#numbers.push(number);
    for (const userId of woken) this.#woken.add(userId);
    const time = woken.size > 0 ? gatherTime : lazyGatherTime;
    if (this.#gathering && this.#gatheringFor <= time) return;
    clearTimeout(this.#gathering);
    this.#gatheringFor = time;
    this.#gathering = setTimeout(() => this.#send(), time).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#checks);
    this.#send();
    await this.#sending;
    await this.#listener?.end().catch(() => undefined);
  }

  #send(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    if (this.#numbers.length === 0) return;
    const numbers = describeRanges(this.#numbers);
    const woken = [...this.#woken];
    this.#numbers = [];
    this.#woken = new Set();
    const payload = payloadOf([this.#options.processId, numbers, woken]);
    // Lost with the database: the others miss these numbers, and wake everybody.
    this.#sending = this.#sending.then(() => this.#options.notify(channel, payload)).catch(() => undefined);
  }

  async #listen(): Promise<void> {
    const client = new Client({
      ...{ connectionString: this.#options.listenUrl, keepAlive: true, connectionTimeoutMillis: 3000 },
      application_name: "claviger listening",
    });
    this.#listener = client;
    client.on("notification", ({ payload }) => this.#hear(payload ?? ""));
    client.once("error", () => undefined);
    client.once("end", () => {
      if (this.#listener === client) this.#reconnectLater();
    });
    await client.connect();
    await client.query(`LISTEN ${channel}`);
    this.#reconnectPause = 100;
  }

  #reconnectLater(): void {
    // A connection that cannot be made fails and ends.
    if (this.#closed || this.#reconnecting) return;
    this.#listener = undefined;
    this.#reconnecting = setTimeout(() => {
      this.#reconnecting = undefined;
      if (this.#closed) return;
      this.#listen().then(
        // What was told meanwhile went past us.
        () => this.#options.wakeAll(),
        () => this.#reconnectLater(),
      );
    }, this.#reconnectPause).unref();
    this.#reconnectPause = Math.min(this.#reconnectPause * 2, longestReconnectPause);
  }

  #hear(payload: string): void {
    const [processId, numbers, woken] = JSON.parse(payload) as Notice;
    if (processId === this.#options.processId) return;
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
      const last = await this.#options.findLastNumber();
      if (!this.#covered.passUpTo(last)) this.#options.wakeAll();
    } catch {
      // No database: the connection that listens breaks too, and everybody is woken when it is back.
    }
  }
}

function payloadOf([processId, numbers, woken]: Notice): string {
  const whole = JSON.stringify([processId, numbers, woken] satisfies Notice);
  if (Buffer.byteLength(whole) <= longestPayload) return whole;
  const short = JSON.stringify([processId, numbers, "everybody"] satisfies Notice);
  return Buffer.byteLength(short) <= longestPayload ? short : JSON.stringify([processId, "", "everybody"]);
}
