import type { AppserviceFailure } from "../../src/domain/appservices/appservice-gateway.ts";
import type { Appservice } from "../../src/domain/appservices/appservices.ts";

/** A transaction that is being sent, until the test answers. */
export interface Sending {
  readonly appserviceId: string;
  readonly id: string;
  readonly body: string;
  readonly signal: AbortSignal;
  take(): void;
  fail(error?: string): void;
}

/** What the sender sends, answered by the test. An aborted request fails, as a real one does. */
export class ScriptedGateway {
  /** All that were sent. */
  readonly sent: Sending[] = [];
  readonly #unseen: Sending[] = [];
  #look: () => void = () => undefined;

  sendTransaction(
    { id: appserviceId }: Appservice,
    id: string,
    body: string,
    signal: AbortSignal,
  ): Promise<AppserviceFailure | undefined> {
    const { promise, resolve } = Promise.withResolvers<AppserviceFailure | undefined>();
    const fail = (error = "ECONNREFUSED") => resolve({ kind: "unreachable", error });
    signal.addEventListener("abort", () => fail("aborted"));
    const sending = { appserviceId, id, body, signal, take: () => resolve(undefined), fail };
    this.sent.push(sending);
    this.#unseen.push(sending);
    this.#look();
    return promise;
  }

  /** The next one that the test has not seen yet, of this appservice. */
  next(appserviceId = "bridge"): Promise<Sending> {
    return new Promise((resolve) => {
      this.#look = () => {
        const index = this.#unseen.findIndex((sending) => sending.appserviceId === appserviceId);
        const [found] = index < 0 ? [] : this.#unseen.splice(index, 1);
        if (!found) return;
        this.#look = () => undefined;
        resolve(found);
      };
      this.#look();
    });
  }
}
