import type { AppserviceFailure, AppserviceGateway } from "../../domain/appservices/appservice-gateway.ts";
import type { Appservice } from "../../domain/appservices/appservices.ts";
import type { Clock } from "../../domain/kernel/clock.ts";
import type { RoomAlias } from "../../protocol/identifiers/room-alias.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { type AppserviceAnswer, AppserviceConnections, withDeadline } from "./appservice-connections.ts";
import { isUnknownRoute, RememberedPaths } from "./remembered-paths.ts";
import { badStatus, isFailure } from "./request-failure.ts";

/**
 * Ms that a request may take. A bridge may have to wait for its other side before it has taken a transaction, or has made
 * a room.
 */
const usualDeadlines = { transaction: 60_000, ping: 10_000, user: 5000, room: 10_000 };

/** Bytes of an answer that are read; nothing is looked for in them. */
const mostBytes = 65_536;

/** Sends requests to appservices. A status of 200 decides, whatever the body says: there is nothing in it. */
export class HttpAppserviceGateway implements AppserviceGateway {
  readonly #clock: Clock;
  readonly #deadlines: typeof usualDeadlines;
  /** Two kinds, so that a transaction never waits behind questions. */
  readonly #transactions = new AppserviceConnections(2);
  readonly #questions = new AppserviceConnections(4);
  readonly #transactionPaths = new RememberedPaths(["/_matrix/app/v1/transactions/", "/transactions/"]);
  readonly #userPaths = new RememberedPaths(["/_matrix/app/v1/users/", "/users/"]);
  readonly #roomPaths = new RememberedPaths(["/_matrix/app/v1/rooms/", "/rooms/"]);

  constructor(clock: Clock, deadlines: Partial<typeof usualDeadlines> = {}) {
    this.#clock = clock;
    this.#deadlines = { ...usualDeadlines, ...deadlines };
  }

  /** https://spec.matrix.org/v1.19/application-service-api/#put_matrixappv1transactionstxnid */
  async sendTransaction(
    appservice: Appservice,
    transactionId: string,
    body: string,
    signal: AbortSignal,
  ): Promise<AppserviceFailure | undefined> {
    const answer = await withDeadline(this.#deadlines.transaction, signal, (deadline) =>
      this.#transactionPaths.ask(appservice.id, (beginning) => {
        const path = pathFor(appservice, beginning, transactionId);
        return this.#transactions.send(appservice, { method: "PUT", path, body, mostBytes }, deadline);
      }),
    );
    return refusal(appservice, answer);
  }

  /** https://spec.matrix.org/v1.19/application-service-api/#get_matrixappv1usersuserid */
  hasUser(appservice: Appservice, userId: UserId): Promise<boolean | AppserviceFailure> {
    return this.#has(appservice, this.#userPaths, userId, this.#deadlines.user);
  }

  /** https://spec.matrix.org/v1.19/application-service-api/#get_matrixappv1roomsroomalias */
  hasRoom(appservice: Appservice, alias: RoomAlias): Promise<boolean | AppserviceFailure> {
    return this.#has(appservice, this.#roomPaths, alias, this.#deadlines.room);
  }

  /** https://spec.matrix.org/v1.19/application-service-api/#post_matrixappv1ping */
  async ping(appservice: Appservice, transactionId: string | undefined): Promise<number | AppserviceFailure> {
    const begin = this.#clock.monotonic();
    const body = JSON.stringify({ transaction_id: transactionId });
    const answer = await withDeadline(this.#deadlines.ping, undefined, (deadline) =>
      this.#questions.send(appservice, { method: "POST", path: "/_matrix/app/v1/ping", body, mostBytes }, deadline),
    );
    return refusal(appservice, answer) ?? Math.round(this.#clock.monotonic() - begin);
  }

  async #has(
    appservice: Appservice,
    paths: RememberedPaths,
    name: string,
    milliseconds: number,
  ): Promise<boolean | AppserviceFailure> {
    const answer = await withDeadline(milliseconds, undefined, (deadline) =>
      paths.ask(appservice.id, (beginning) => {
        const path = pathFor(appservice, beginning, name);
        return this.#questions.send(appservice, { method: "GET", path, mostBytes }, deadline);
      }),
    );
    // An unknown route and an unknown name look alike, and mean the same: it does not make what is asked for.
    return isUnknownRoute(answer) ? false : (refusal(appservice, answer) ?? true);
  }

  /** Ends all requests: they fail. */
  async close(): Promise<void> {
    await Promise.all([this.#transactions.close(), this.#questions.close()]);
  }
}

/** Who knows only the paths from before there were versions looks for the token in the query. */
function pathFor({ registration: { hsToken } }: Appservice, beginning: string, name: string): string {
  const path = beginning + encodeURIComponent(name);
  return beginning.startsWith("/_matrix/") ? path : `${path}?access_token=${encodeURIComponent(hsToken)}`;
}

/** Why an answer is none of the status 200. */
function refusal(
  { registration: { hsToken, asToken } }: Appservice,
  answer: AppserviceAnswer | AppserviceFailure,
): AppserviceFailure | undefined {
  if (isFailure(answer)) return answer;
  return answer.status === 200 ? undefined : badStatus(answer.status, answer.body, [hsToken, asToken]);
}
