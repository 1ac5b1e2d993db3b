import { lookup, Resolver as NameServers } from "node:dns/promises";
import { Turns } from "../turns.ts";
import type { Resolver, Service } from "./resolver.ts";

/** Ms for one attempt to ask a name server, and how many there are. */
const attemptTimeout = 2000;
const attempts = 2;

/** Look-ups through the system at once: each holds one of the few threads that files and passwords need, too. */
const mostSystemLookups = 1;
const mostWaiting = 100;

/** Of a host, how many are tried. */
const mostAddresses = 8;

/**
 * Asks the name servers without threads, so that a slow one holds up nothing. What only the system knows (its file of
 * hosts) is asked for when they know of no address, one at a time.
 */
export class DnsResolver implements Resolver {
  readonly #nameServers = new NameServers({ timeout: attemptTimeout, tries: attempts });
  readonly #system = new Turns(mostSystemLookups, mostWaiting);

  async addresses(host: string): Promise<readonly string[]> {
    // https://www.rfc-editor.org/rfc/rfc6761#section-6.3
    if (/^(.*\.)?localhost$/i.test(host)) return ["127.0.0.1", "::1"];
    const asked = [this.#nameServers.resolve4(host), this.#nameServers.resolve6(host)];
    const found = (await Promise.allSettled(asked)).flatMap((result) =>
      result.status === "fulfilled" ? result.value : [],
    );
    return (found.length > 0 ? found : await this.#bySystem(host)).slice(0, mostAddresses);
  }

  async services(name: string): Promise<readonly Service[]> {
    return this.#nameServers.resolveSrv(name);
  }

  /** Ends what is being asked. */
  close(): void {
    this.#nameServers.cancel();
  }

  async #bySystem(host: string): Promise<string[]> {
    const isOurTurn = await this.#system.take(AbortSignal.timeout(attemptTimeout));
    if (!isOurTurn) throw new Error("the system is busy looking up other names");
    try {
      return (await lookup(host, { all: true })).map(({ address }) => address);
    } finally {
      this.#system.pass();
    }
  }
}
