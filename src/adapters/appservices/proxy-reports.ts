import type { AppserviceObserver, ProxyOutcome } from "../../domain/kernel/observer.ts";

/** What the proxies of one appservice tell. */
export class ProxyReports {
  readonly #observer: Pick<AppserviceObserver, "keysAsked" | "keysDropped">;
  readonly #appserviceId: string;

  constructor(observer: Pick<AppserviceObserver, "keysAsked" | "keysDropped">, appserviceId: string) {
    this.#observer = observer;
    this.#appserviceId = appserviceId;
  }

  asked(kind: "claim" | "query", outcome: ProxyOutcome): void {
    this.#observer.keysAsked(this.#appserviceId, kind, outcome);
  }

  /** @param count none is not worth telling */
  dropped(count: number): void {
    if (count > 0) this.#observer.keysDropped(this.#appserviceId, count);
  }
}
