import type { Heard, Json, Played, PlayedServer } from "../federation/played-servers.ts";

/** What a played server makes of the transactions that it is sent: one that comes again is the same, and done already. */
export class HeardByServer {
  /** What is done after a transaction was heard that is new, before it is answered. */
  onNew: (count: number) => Played | Promise<Played> = () => taken;
  /** The EDUs of all transactions, in order, each once. */
  readonly edus: { readonly type: string; readonly content: Json }[] = [];
  readonly #texts = new Map<string, string>();
  readonly #waiting = new Set<() => void>();
  #problem: unknown;
  #tries = 0;
  #underWay = 0;

  constructor(server: PlayedServer) {
    server.on.send = async (heard) => {
      if (this.#underWay++ > 0) this.#problem ??= new Error("two transactions were under way at once");
      try {
        return await this.#hear(heard);
      } finally {
        this.#underWay--;
        this.look();
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

  /** The numbers of the messages of a sender, in order. */
  numbersOf({ userId }: { readonly userId: string }): number[] {
    return this.edus
      .filter(({ type, content }) => type === "m.direct_to_device" && content.sender === userId)
      .flatMap(({ content }) =>
        Object.values<Json>(content.messages).flatMap((devices) => Object.values<Json>(devices)),
      )
      .map(({ number }) => number);
  }

  /** Rejects when one id has come with two bodies, or two transactions at once. */
  async until(holds: () => boolean): Promise<void> {
    for (;;) {
      if (this.#problem !== undefined) throw this.#problem;
      if (holds()) return;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Something has happened that somebody may wait for. */
  look(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  async #hear({ uri, body }: Heard): Promise<Played> {
    this.#tries++;
    const [id, text] = [uri.slice(uri.lastIndexOf("/") + 1), JSON.stringify(body)];
    const before = this.#texts.get(id);
    if (before !== undefined) {
      if (before !== text) this.#problem ??= new Error(`${id} came with two bodies`);
      return taken;
    }
    this.#texts.set(id, text);
    for (const { edu_type: type, content } of body.edus) this.edus.push({ type, content });
    this.look();
    return this.onNew(this.#texts.size);
  }
}

export const taken: Played = { body: { pdus: {} } };
