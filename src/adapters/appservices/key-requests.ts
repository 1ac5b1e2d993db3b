import type { AppserviceFailure } from "../../domain/appservices/appservice-gateway.ts";
import type { Appservice } from "../../domain/appservices/appservices.ts";
import { emptyObject, isJsonObject, type JsonObject } from "../../protocol/json.ts";
import { parseJsonAnswer } from "../../protocol/parse-json-answer.ts";
import { type AppserviceAnswer, type AppserviceConnections, withDeadline } from "./appservice-connections.ts";
import type { BackOff } from "./back-off.ts";
import { isUnknownRoute, RememberedPaths } from "./remembered-paths.ts";
import { isFailure } from "./request-failure.ts";

/**
 * Bytes of an answer that are read. The keys of 250 users with five devices each fit in, and it is parsed in less than
 * 10 ms; for users with more keys the requests become smaller.
 */
const mostBytes = 1_048_576;

/** The draft's path is tried first: whoever knows both knows it longer. */
export const keyPaths = {
  claim: ["/_matrix/app/unstable/org.matrix.msc3983/keys/claim", "/_matrix/app/v1/keys/claim"],
  query: ["/_matrix/app/unstable/org.matrix.msc3984/keys/query", "/_matrix/app/v1/keys/query"],
} as const;

/** What was read out of an answer; without `found` the appservice gave none. */
export interface KeyAnswer<T> {
  readonly found?: T;
  /** The answer has more in it than is read, and the request can be smaller. */
  readonly tooLong: boolean;
}

interface Failed {
  readonly error: string;
  readonly tooLong: boolean;
}

/** Requests of one kind to one appservice; what becomes of them moves its back-off. */
export class KeyRequests {
  readonly backOff: BackOff;
  readonly #appservice: Appservice;
  readonly #connections: AppserviceConnections;
  readonly #paths: RememberedPaths;
  readonly #deadline: number;

  /** @param deadline ms */
  constructor(
    to: { readonly appservice: Appservice; readonly connections: AppserviceConnections; readonly deadline: number },
    paths: readonly string[],
    backOff: BackOff,
  ) {
    this.#appservice = to.appservice;
    this.#connections = to.connections;
    this.#deadline = to.deadline;
    this.#paths = new RememberedPaths(paths);
    this.backOff = backOff;
  }

  /**
   * Asks, while the back-off does not spare; never rejects.
   *
   * @param canBeSmaller whether the caller asks in parts when the answer is too long: then that is no failure
   * @param read reads an answer; `undefined` when its shape is wrong
   */
  async ask<T>(
    body: string,
    canBeSmaller: boolean,
    read: (answer: JsonObject) => T | undefined,
  ): Promise<KeyAnswer<T>> {
    const attempt = this.backOff.begin();
    const answer = await this.#send(body);
    if (isUnknownRoute(answer) && !saysOtherwise(answer)) {
      this.backOff.foundNoRoute(attempt);
      return { tooLong: false };
    }
    const result = isFailure(answer) ? { error: answer.error, tooLong: false } : readOut(answer, read);
    const tooLong = canBeSmaller && "error" in result && result.tooLong;
    if ("error" in result && !tooLong) this.backOff.failed(attempt, result.error);
    else this.backOff.succeeded();
    return "error" in result ? { tooLong } : { found: result.found, tooLong };
  }

  #send(body: string) {
    return withDeadline(this.#deadline, undefined, (deadline) =>
      this.#paths.ask(this.#appservice.id, (path) =>
        this.#connections.send(this.#appservice, { method: "POST", path, body, mostBytes }, deadline),
      ),
    );
  }
}

/** A 404 can also be about what was asked for: some do not know a user, and all that is known of a user is invented. */
function saysOtherwise(answer: AppserviceAnswer | AppserviceFailure): boolean {
  if (isFailure(answer) || answer.status !== 404) return false;
  const { value } = parseJsonAnswer(answer.body);
  const errcode = isJsonObject(value) ? value["errcode"] : undefined;
  return typeof errcode === "string" && errcode !== "M_UNRECOGNIZED";
}

function readOut<T>(
  { status, body, cut, tooLong = false }: AppserviceAnswer,
  read: (answer: JsonObject) => T | undefined,
): { found: T } | Failed {
  if (status !== 200) return { error: `it answered with status ${status}`, tooLong: false };
  if (cut) return { error: cut.error, tooLong };
  const parsed = parseJsonAnswer(body);
  if (parsed.error !== undefined) return parsed;
  // Some write an empty map as null.
  const value = parsed.value ?? emptyObject();
  const found = isJsonObject(value) ? read(value) : undefined;
  return found === undefined ? { error: "its answer has a wrong shape", tooLong: false } : { found };
}
