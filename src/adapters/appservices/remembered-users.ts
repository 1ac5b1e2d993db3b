import { LRUCache } from "lru-cache";
import type { AppserviceFailure, AppserviceGateway } from "../../domain/appservices/appservice-gateway.ts";
import type { Appservice } from "../../domain/appservices/appservices.ts";
import type { Clock } from "../../domain/kernel/clock.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";

type Answer = boolean | AppserviceFailure;
type Users = Pick<AppserviceGateway, "hasUser">;

/** Ms for which a user that an appservice does not have, or cannot be asked for, is not asked for again. */
const memory = 60_000;
const mostUsers = 10_000;

/** Spares appservices questions for the same user: those at once are one, and any answer but a yes stands for a while. */
export class RememberedUsers implements Users {
  readonly #users: Users;
  readonly #clock: Clock;
  readonly #asking = new Map<string, Promise<Answer>>();
  readonly #answers = new LRUCache<string, { readonly answer: Answer; readonly until: number }>({ max: mostUsers });

  constructor(users: Users, clock: Clock) {
    this.#users = users;
    this.#clock = clock;
  }

  hasUser(appservice: Appservice, userId: UserId): Promise<Answer> {
    // No id has a NUL.
    const name = `${appservice.id}\0${userId}`;
    const before = this.#answers.get(name);
    if (before && this.#clock.monotonic() < before.until) return Promise.resolve(before.answer);
    const shared = this.#asking.get(name);
    if (shared) return shared;
    const asking = this.#ask(name, appservice, userId).finally(() => this.#asking.delete(name));
    this.#asking.set(name, asking);
    return asking;
  }

  async #ask(name: string, appservice: Appservice, userId: UserId): Promise<Answer> {
    const answer = await this.#users.hasUser(appservice, userId);
    if (answer === true) this.#answers.delete(name);
    else this.#answers.set(name, { answer, until: this.#clock.monotonic() + memory });
    return answer;
  }
}
