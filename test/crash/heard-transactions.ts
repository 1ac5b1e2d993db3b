import assert from "node:assert/strict";
import type { ReceivedRequest, Reply } from "../support/appservices/appservice-routes.ts";
import type { TestAppservice } from "../support/appservices/test-appservice.ts";
import type { Client } from "../support/client.ts";

interface NumberedMember {
  readonly sender: string;
  readonly content: { readonly number?: number };
}

// biome-ignore lint/suspicious/noExplicitAny: the body of a transaction.
type Body = any;

/** What an appservice makes of its transactions, as bridges do: one that comes again is the same, and done already. */
export class HeardTransactions {
  /** What is done after a transaction was heard that is new, before it is answered. */
  onNew: (count: number) => Reply | Promise<Reply> = () => ({});
  /** By sender, in order: the numbers of its messages. */
  readonly #numbers = new Map<string, number[]>();
  readonly #texts = new Map<string, string>();
  #problem: unknown;
  #tries = 0;
  #underWay = 0;
  readonly #appservice: TestAppservice;
  readonly #numbered: (body: Body) => NumberedMember[];

  /** @param numbered the members of a body that are counted: its messages to devices, unless given */
  constructor(appservice: TestAppservice, numbered = (body: Body): NumberedMember[] => body.to_device ?? []) {
    this.#appservice = appservice;
    this.#numbered = numbered;
    appservice.on.transactions = async (request) => {
      if (this.#underWay++ > 0) this.#problem ??= new Error("two transactions were under way at once");
      try {
        return await this.#hear(request);
      } finally {
        this.#underWay--;
      }
    };
  }

  /** Transactions with different ids. */
  get count(): number {
    return this.#texts.size;
  }

  /** Requests, those that came again too. */
  get tries(): number {
    return this.#tries;
  }

  get messages(): number {
    return [...this.#numbers.values()].reduce((sum, { length }) => sum + length, 0);
  }

  numbersOf({ userId }: Client): readonly number[] {
    return this.#numbers.get(userId) ?? [];
  }

  /** Rejects when one id has come with two bodies, or two transactions at once. */
  until(holds: () => boolean): Promise<void> {
    return this.#appservice.until(() => {
      if (this.#problem !== undefined) throw this.#problem;
      return holds();
    });
  }

  async #hear({ path, text, body }: ReceivedRequest): Promise<Reply> {
    this.#tries++;
    const id = path.slice(path.lastIndexOf("/") + 1);
    const before = this.#texts.get(id);
    if (before !== undefined) {
      if (before !== text) this.#problem ??= new Error(`${id} came with two bodies`);
      return {};
    }
    this.#texts.set(id, text);
    for (const { sender, content } of this.#numbered(body)) {
      if (content.number === undefined) continue;
      const numbers = this.#numbers.get(sender) ?? [];
      numbers.push(content.number);
      this.#numbers.set(sender, numbers);
    }
    return this.onNew(this.#texts.size);
  }
}

/** The message `number` of a sender to a device; the same request again is the same message. */
export async function sendNumber(from: Client, { userId, deviceId }: Client, number: number): Promise<void> {
  const { status, body } = await from.send("m.test", `${number}`, { [userId]: { [deviceId]: { number } } });
  assert.equal(status, 200, JSON.stringify(body));
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}
