import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Client as Connection } from "pg";
import type { Answer, Client } from "../support/client.ts";
import { column } from "./note-databases.ts";

const algorithm = "signed_curve25519";
/** Unissued keys that an owner keeps in its pool, about. */
const poolSize = 60;

export interface LoadClients {
  /** They upload keys. */
  readonly owners: readonly Client[];
  /** They claim the owners' keys. */
  readonly claimers: readonly Client[];
  /** They send messages to both. */
  readonly senders: readonly Client[];
  /** It syncs all the time. */
  readonly reader: Client;
  /** It does not sync. */
  readonly sleeper: Client;
}

/** Uploads, claims, messages and syncs, as fast as they are answered, and a book of all that was answered. */
export class KeyLoad {
  readonly #clients: LoadClients;
  /** How often each status was answered. */
  readonly statuses = new Map<number, number>();
  /** Answers that there should not be. */
  readonly wrong: string[] = [];
  readonly #answeredKeys = new Set<string>();
  readonly #givenKeys: string[] = [];
  #unknownClaims = 0;
  /** By sender: how many of its messages were answered. */
  readonly #sent = new Map<string, number>();
  readonly #read = new Map<string, number[]>();
  #readTo: string | undefined;
  #running: Promise<unknown> | undefined;
  #stopped = false;
  #lost = 0;

  constructor(clients: LoadClients) {
    this.#clients = clients;
  }

  start(): void {
    const { owners, claimers, senders } = this.#clients;
    this.#running = Promise.all([
      ...owners.map((owner) => this.#upload(owner)),
      ...claimers.map((claimer, index) => this.#claim(claimer, index)),
      ...senders.map((sender) => this.#send(sender)),
      this.#sync(),
    ]);
  }

  /** Resolves when every request has its answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  /** How often 200 was answered. */
  get successes(): number {
    return this.statuses.get(200) ?? 0;
  }

  /** Resolves once so many more requests than now were answered with 200. */
  async untilServed(count: number): Promise<void> {
    const goal = this.successes + count;
    while (this.successes < goal) await sleep(5);
  }

  /** Holds what was answered against what the database has. */
  async verify(url: string): Promise<void> {
    assert.deepEqual(this.wrong, []);
    const raw = new Connection({ connectionString: url });
    await raw.connect();
    try {
      await this.#verify(raw);
    } finally {
      await raw.end();
    }
  }

  async #verify(raw: Connection): Promise<void> {
    const pool = new Set(await column(raw, "SELECT json::json ->> 'key' FROM one_time_keys"));
    const given = new Set(this.#givenKeys);
    assert.equal(given.size, this.#givenKeys.length, "C1: no key is given twice");
    for (const key of given) assert.ok(!pool.has(key), "C1: no given key is left in a pool");
    const gone = [...this.#answeredKeys].filter((key) => !pool.has(key) && !given.has(key));
    this.#lost = gone.length;
    assert.ok(gone.length <= this.#unknownClaims, `${gone.length} keys gone, ${this.#unknownClaims} claims unknown`);
    await this.#readTheRest();
    for (const [sender, count] of this.#sent) {
      const inbox = `SELECT (content::json ->> 'n')::int FROM to_device_inbox WHERE sender = '${sender}'
        AND user_id = '${this.#clients.sleeper.userId}' ORDER BY position`;
      checkMessages((await column(raw, inbox)) as number[], count);
      checkMessages(this.#read.get(sender) ?? [], count);
    }
  }

  /** For the log of a test. */
  summary(): string {
    const statuses = [...this.statuses].sort().map(([status, count]) => `${count} of ${status}`);
    return `${statuses.join(", ")}; ${this.#givenKeys.length} keys given, ${this.#lost} gone with unanswered claims`;
  }

  async #ask(what: string, request: () => Promise<Answer>): Promise<Answer | undefined> {
    const answer = await request();
    const { status, headers, body } = answer;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status === 200) return answer;
    const retryAfter = headers.get("retry-after");
    if (status !== 503 || retryAfter === null) {
      this.wrong.push(`${what}: ${status} ${JSON.stringify(body)}, Retry-After ${retryAfter}`);
    }
    await sleep(20);
    return undefined;
  }

  async #upload(owner: Client): Promise<void> {
    for (let round = 0; !this.#stopped; ) {
      const keys = owner.keys.oneTimeKeys(10, `R${round}x`);
      let left = Number.POSITIVE_INFINITY;
      // The same again until it is answered, as clients do.
      while (left === Number.POSITIVE_INFINITY) {
        const answer = await this.#ask("upload", () => owner.upload({ one_time_keys: keys }));
        if (answer) left = answer.body.one_time_key_counts[algorithm];
        else if (this.#stopped) return;
      }
      for (const { key } of Object.values(keys)) this.#answeredKeys.add(key);
      round++;
      while (left > poolSize && !this.#stopped) {
        await sleep(10);
        left -= 10;
      }
    }
  }

  async #claim(claimer: Client, start: number): Promise<void> {
    const { owners } = this.#clients;
    for (let turn = start; !this.#stopped; turn++) {
      const { userId, deviceId } = owners[turn % owners.length] as Client;
      const wanted = { one_time_keys: { [userId]: { [deviceId]: algorithm } } };
      const answer = await this.#ask("claim", () => claimer.post("/keys/claim", wanted));
      if (!answer) {
        this.#unknownClaims++;
        continue;
      }
      const [key] = Object.values(answer.body.one_time_keys[userId][deviceId]) as { key: string }[];
      if (key) this.#givenKeys.push(key.key);
      else await sleep(5);
    }
  }

  async #send(sender: Client): Promise<void> {
    const { reader, sleeper } = this.#clients;
    for (let n = 0; !this.#stopped; n++) {
      const content = { PHONE: { n } };
      const messages = { [reader.userId]: content, [sleeper.userId]: content };
      while (!(await this.#ask("send", () => sender.send("m.test", `t${n}`, messages)))) if (this.#stopped) return;
      this.#sent.set(sender.userId, n + 1);
      await sleep(2);
    }
  }

  async #sync(timeout = 500): Promise<number> {
    let count = 0;
    for (let first = true; first || !this.#stopped; first = false) {
      const query = new URLSearchParams({ timeout: String(timeout) });
      if (this.#readTo !== undefined) query.set("since", this.#readTo);
      const answer = await this.#ask("sync", () => this.#clients.reader.get(`/sync?${query}`));
      if (!answer) continue;
      this.#readTo = answer.body.next_batch;
      for (const { sender, content } of answer.body.to_device?.events ?? []) {
        const read = this.#read.get(sender) ?? [];
        this.#read.set(sender, read);
        // At least once: what came before may come again.
        if (!read.includes(content.n)) read.push(content.n);
        count++;
      }
    }
    return count;
  }

  async #readTheRest(): Promise<void> {
    while ((await this.#sync(0)) > 0);
  }
}

/** Of a sender's messages all that were answered are there, each once, in order; the last may be there unanswered. */
function checkMessages(found: readonly number[], answered: number): void {
  assert.ok(found.length >= answered && found.length <= answered + 1, `${found.length} messages, ${answered} answered`);
  assert.deepEqual(
    found,
    found.map((_, index) => index),
  );
}

/** Names for `LoadClients`, in the order of `loadClients`. */
export const loadUsers = ["o0", "o1", "o2", "c0", "c1", "c2", "c3", "c4", "s0", "s1", "reader", "sleeper"];

/** Spreads the users over the servers. */
export function loadClients(client: (user: number, server: number) => Client, servers: number): LoadClients {
  const all = loadUsers.map((_, index) => client(index, index % servers));
  return {
    ...{ owners: all.slice(0, 3), claimers: all.slice(3, 8), senders: all.slice(8, 10) },
    ...{ reader: all[10] as Client, sleeper: all[11] as Client },
  };
}
