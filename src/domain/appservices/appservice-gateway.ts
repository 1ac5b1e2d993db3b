import type { RoomAlias } from "../../protocol/identifiers/room-alias.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Appservice } from "./appservices.ts";

/** Why an appservice did not do what it was asked: data, for it is part of the job. */
export interface AppserviceFailure {
  /** `unset`: it has no URL; `status`: it answered with another status than 200; `unreadable`: with something else. */
  readonly kind: "unset" | "unreachable" | "timeout" | "status" | "unreadable";
  /** One line without secrets. */
  readonly error: string;
  /** Of a `status`. */
  readonly status?: number;
  /** The first 1,000 characters of the answer's body, of a `status`. */
  readonly body?: string;
}

/** Requests to appservices. None of them rejects; each ends in bounded time. */
export interface AppserviceGateway {
  /** @returns the failure; `undefined` once the appservice has taken the transaction */
  sendTransaction(
    appservice: Appservice,
    transactionId: string,
    body: string,
    signal: AbortSignal,
  ): Promise<AppserviceFailure | undefined>;
  /** Asks whether it has this user, which it then makes. @returns a failure when it cannot be known */
  hasUser(appservice: Appservice, userId: UserId): Promise<boolean | AppserviceFailure>;
  /** Asks whether it has a room of this alias, which it then makes. @returns a failure when it cannot be known */
  hasRoom(appservice: Appservice, alias: RoomAlias): Promise<boolean | AppserviceFailure>;
  /** @returns how long it took, in ms */
  ping(appservice: Appservice, transactionId: string | undefined): Promise<number | AppserviceFailure>;
}
