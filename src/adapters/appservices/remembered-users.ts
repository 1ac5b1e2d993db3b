import type { AppserviceFailure, AppserviceGateway } from "../../domain/appservices/appservice-gateway.ts";
import type { Appservice } from "../../domain/appservices/appservices.ts";
import type { Clock } from "../../domain/kernel/clock.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { RememberedAnswers } from "./remembered-answers.ts";

type Users = Pick<AppserviceGateway, "hasUser">;

/** Spares appservices questions for the same user. */
export class RememberedUsers implements Users {
  readonly #answers: RememberedAnswers<UserId>;

  constructor(users: Users, clock: Clock) {
    this.#answers = new RememberedAnswers((appservice, userId) => users.hasUser(appservice, userId), clock);
  }

  hasUser(appservice: Appservice, userId: UserId): Promise<boolean | AppserviceFailure> {
    return this.#answers.ask(appservice, userId);
  }
}
