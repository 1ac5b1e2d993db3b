import type { AppserviceFailure } from "../../domain/appservices/appservice-gateway.ts";
import type { AppserviceAnswer } from "./appservice-connections.ts";
import { isFailure } from "./request-failure.ts";

/** Which of the paths of a route each appservice knows: the one that has answered with 200. */
export class RememberedPaths {
  readonly #paths: readonly string[];
  readonly #known = new Map<string, string>();

  /** @param paths in the order in which they are tried */
  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /**
   * Tries the paths one after another while they are unknown routes, beginning with the one that is known.
   *
   * @returns what the first path answered that is no unknown route, or the last one
   */
  async ask(
    appserviceId: string,
    send: (path: string) => Promise<AppserviceAnswer | AppserviceFailure>,
  ): Promise<AppserviceAnswer | AppserviceFailure> {
    const known = this.#known.get(appserviceId);
    const [first = "", ...others] = known === undefined ? this.#paths : new Set([known, ...this.#paths]);
    let path = first;
    let answer = await send(path);
    for (const next of others) {
      if (!isUnknownRoute(answer)) break;
      this.#known.delete(appserviceId);
      path = next;
      answer = await send(path);
    }
    if (!isFailure(answer) && answer.status === 200) this.#known.set(appserviceId, path);
    return answer;
  }
}

/** https://spec.matrix.org/v1.19/application-service-api/#unknown-routes */
export function isUnknownRoute(answer: AppserviceAnswer | AppserviceFailure): boolean {
  return answer.status === 404 || answer.status === 405;
}
