import type { AppserviceFailure, AppserviceGateway } from "../../domain/appservices/appservice-gateway.ts";
import type { Appservice } from "../../domain/appservices/appservices.ts";
import type { Clock } from "../../domain/kernel/clock.ts";
import type { RoomAlias } from "../../protocol/identifiers/room-alias.ts";
import { RememberedAnswers } from "./remembered-answers.ts";

type Rooms = Pick<AppserviceGateway, "hasRoom">;

/** Spares appservices questions for the same alias. */
export class RememberedRooms implements Rooms {
  readonly #answers: RememberedAnswers<RoomAlias>;

  constructor(rooms: Rooms, clock: Clock) {
    this.#answers = new RememberedAnswers((appservice, alias) => rooms.hasRoom(appservice, alias), clock);
  }

  hasRoom(appservice: Appservice, alias: RoomAlias): Promise<boolean | AppserviceFailure> {
    return this.#answers.ask(appservice, alias);
  }
}
