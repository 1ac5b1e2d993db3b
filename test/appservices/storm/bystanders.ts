import type { LoadClient } from "./load-client.ts";
import { claimOf, queryOf } from "./population.ts";

/** Ms between two requests of all bystanders together. */
const pace = 50;

/** The longest wait of all, and of 50 and 99 in a hundred, in ms. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

/** Ordinary users who ask for each other's keys all the while, whatever happens to others. */
export class Bystanders {
  readonly #clients: readonly LoadClient[];
  readonly #asked = new Set<Promise<void>>();
  #waits = { query: [] as number[], claim: [] as number[] };
  #timer: NodeJS.Timeout | undefined;
  #turn = 0;
  readonly wrong: string[] = [];

  constructor(clients: readonly LoadClient[]) {
    this.#clients = clients;
  }

  start(): void {
    this.#timer = setInterval(() => this.#ask(), pace);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#asked);
  }

  /** The waits since the last time. */
  take(): { readonly query: Spread; readonly claim: Spread } {
    const { query, claim } = this.#waits;
    this.#waits = { query: [], claim: [] };
    return { query: spreadOf(query), claim: spreadOf(claim) };
  }

  #ask(): void {
    const turn = this.#turn++;
    const { length } = this.#clients;
    const client = this.#clients[turn % length] as LoadClient;
    const others = Array.from({ length: 5 }, (_, index) => this.#clients[(turn + index + 1) % length] as LoadClient);
    const asked = this.#askFor(client, turn % 2 === 0 ? "query" : "claim", others);
    this.#asked.add(asked);
    void asked.finally(() => this.#asked.delete(asked));
  }

  async #askFor(client: LoadClient, what: "query" | "claim", others: readonly LoadClient[]): Promise<void> {
    const users = others.map(({ account }) => account);
    const body = what === "query" ? queryOf(users, 10_000) : claimOf(users.slice(0, 1), 10_000);
    try {
      const { status, wait } = await client.post(`/keys/${what}`, body);
      if (status !== 200) this.wrong.push(`${what}: ${status}`);
      this.#waits[what].push(wait);
    } catch (error) {
      this.wrong.push(`${what}: ${(error as Error).message}`);
    }
  }
}

export function spreadOf(waits: readonly number[]): Spread {
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
  return { p50: at(0.5), p99: at(0.99), longest: at(1) };
}
