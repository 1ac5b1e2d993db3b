import type { Account } from "../../../examples/matrix-client.ts";
import type { LoadClient, TimedAnswer } from "./load-client.ts";
import { claimOf, queryOf } from "./population.ts";
import { bridgedDevice } from "./storm-answers.ts";

/** One of the thousand. */
export interface StormClient {
  readonly client: LoadClient;
  /** What it says in its requests, in ms. */
  readonly timeout: number;
  /** The users that it asks for: those that everybody asks for, and those of its own. */
  readonly sets: readonly (readonly Account[])[];
}

/** What clients saw. */
export class StormBook {
  /** By timeout: the wait of each request, in ms. */
  readonly waits = new Map<number, number[]>();
  /** What there should not be, each once; the first hundred. */
  readonly wrong: string[] = [];
  readonly keys = { bridge: 0, fallback: 0, none: 0 };
  readonly devices = { bridge: 0, stored: 0 };
  /** Keys of the bridge that are in more than one answer. */
  givenTwice = 0;
  readonly #given = new Set<string>();

  get requests(): number {
    return [...this.waits.values()].reduce((sum, { length }) => sum + length, 0);
  }

  query(asked: readonly Account[], timeout: number, answer: TimedAnswer): void {
    if (!this.#note("query", timeout, answer)) return;
    for (const { userId } of asked) {
      const devices: unknown = answer.body.device_keys?.[userId];
      if (devices === undefined || devices === null) this.#complain(`query: ${userId} is missing`);
      for (const name of Object.keys(devices ?? {})) this.devices[name === bridgedDevice ? "bridge" : "stored"]++;
    }
  }

  claim(asked: readonly Account[], timeout: number, answer: TimedAnswer): void {
    if (!this.#note("claim", timeout, answer)) return;
    for (const { userId, deviceId } of asked) {
      const keys: unknown = answer.body.one_time_keys?.[userId]?.[deviceId];
      if (keys === undefined || keys === null) this.#complain(`claim: ${userId} is missing`);
      const [id] = Object.keys(keys ?? {});
      if (id === undefined) this.keys.none++;
      else if (id.endsWith(":FALL")) this.keys.fallback++;
      else this.#take(`${userId} ${id}`);
    }
  }

  #take(key: string): void {
    this.keys.bridge++;
    if (this.#given.has(key)) this.givenTwice++;
    this.#given.add(key);
  }

  #note(what: string, timeout: number, { status, body, wait }: TimedAnswer): boolean {
    const waits = this.waits.get(timeout) ?? [];
    waits.push(wait);
    this.waits.set(timeout, waits);
    if (status === 200) return true;
    this.#complain(`${what}: ${status} ${JSON.stringify(body)}`);
    return false;
  }

  #complain(text: string): void {
    if (this.wrong.length < 100 && !this.wrong.includes(text)) this.wrong.push(text);
  }
}

interface StormTimes {
  /** Ms: no round begins later. */
  readonly length: number;
  /** Ms from one round of a client to its next. */
  readonly period: number;
}

/**
 * All begin at once; each asks for the device keys and then for one-time keys of each of its sets, one request after
 * another, and does so again in every period, the clients evenly spread over it.
 */
export async function storm(clients: readonly StormClient[], times: StormTimes): Promise<StormBook> {
  const book = new StormBook();
  const began = performance.now();
  await Promise.all(clients.map((client, index) => stormOne(client, index / clients.length, began, times, book)));
  return book;
}

async function stormOne(
  client: StormClient,
  phase: number,
  began: number,
  { length, period }: StormTimes,
  book: StormBook,
): Promise<void> {
  for (;;) {
    await askRound(client, book);
    const passed = performance.now() - began;
    const next = (Math.floor(passed / period - phase) + 1 + phase) * period;
    if (next > length) return;
    await new Promise((resolve) => setTimeout(resolve, next - passed));
  }
}

async function askRound({ client, timeout, sets }: StormClient, book: StormBook): Promise<void> {
  for (const users of sets) book.query(users, timeout, await client.post("/keys/query", queryOf(users, timeout)));
  for (const users of sets) book.claim(users, timeout, await client.post("/keys/claim", claimOf(users, timeout)));
}
