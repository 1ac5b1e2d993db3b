import { EventEmitter } from "node:events";
import { wrapFetch } from "../openapi/checking-fetch.ts";

const specified = ["/_matrix/client/v1/", "/_matrix/client/v3/", "/_matrix/client/versions"];
const checkedFetch = wrapFetch((input, init) => globalThis.fetch(input, init), specified);

interface Exchange {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  /** The request's, parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it freely.
  readonly body: any;
  readonly status: number;
}

/** How one client reaches the server. It can be cut, and keeps in mind what was said; `answered` tells that an answer came. */
export class Wire extends EventEmitter {
  readonly exchanges: Exchange[] = [];
  /** Answers that the specification does not allow, and those that say that the server failed. */
  readonly problems: unknown[] = [];
  #open: AbortController | undefined = new AbortController();

  /** Every request fails until `mend`, also those that are under way. */
  cut(): void {
    this.#open?.abort(new TypeError("the wire is cut"));
    this.#open = undefined;
  }

  mend(): void {
    this.#open ??= new AbortController();
  }

  /** The exchanges whose path has this in it, oldest first. */
  exchangesOf(path: string): Exchange[] {
    return this.exchanges.filter((exchange) => exchange.path.includes(path));
  }

  readonly fetch: typeof globalThis.fetch = async (input, init = {}) => {
    if (this.#open === undefined) throw new TypeError("the wire is cut");
    const signals = [this.#open.signal, ...(init.signal ? [init.signal] : [])];
    try {
      const response = await checkedFetch(input, { ...init, signal: AbortSignal.any(signals) });
      this.#note(input instanceof Request ? input.url : String(input), init, response.status);
      if (response.status >= 500) throw new Error(`${input} answered ${response.status}`);
      return response;
    } catch (error) {
      if (!signals.some((signal) => signal.aborted)) this.problems.push(error);
      throw error;
    }
  };

  #note(url: string, { method = "GET", body }: RequestInit, status: number): void {
    const path = decodeURIComponent(new URL(url).pathname);
    this.exchanges.push({ method, path, body: typeof body === "string" ? JSON.parse(body) : undefined, status });
    this.emit("answered");
  }
}
