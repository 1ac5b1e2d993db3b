import { LRUCache } from "lru-cache";
import type { AppserviceFailure } from "../../domain/appservices/appservice-gateway.ts";
import type { Appservice } from "../../domain/appservices/appservices.ts";
import type { Clock } from "../../domain/kernel/clock.ts";

type Answer = boolean | AppserviceFailure;

/** Ms for which a name that an appservice does not have, or cannot be asked for, is not asked for again. */
const memory = 60_000;
const mostNames = 10_000;

/** Spares appservices questions for the same name: those at once are one, and any answer but a yes stands for a while. */
export class RememberedAnswers<Name extends string> {
  readonly #ask: (appservice: Appservice, name: Name) => Promise<Answer>;
  readonly #clock: Clock;
  readonly #asking = new Map<string, Promise<Answer>>();
  readonly #answers = new LRUCache<string, { readonly answer: Answer; readonly until: number }>({ max: mostNames });

  constructor(ask: (appservice: Appservice, name: Name) => Promise<Answer>, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  ask(appservice: Appservice, name: Name): Promise<Answer> {
    // No id has a NUL.
    const key = `${appservice.id}\0${name}`;
    const before = this.#answers.get(key);
    if (before && this.#clock.monotonic() < before.until) return Promise.resolve(before.answer);
    const shared = this.#asking.get(key);
    if (shared) return shared;
    const asking = this.#askAnew(key, appservice, name).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  async #askAnew(key: string, appservice: Appservice, name: Name): Promise<Answer> {
    const answer = await this.#ask(appservice, name);
    if (answer === true) this.#answers.delete(key);
    else this.#answers.set(key, { answer, until: this.#clock.monotonic() + memory });
    return answer;
  }
}
