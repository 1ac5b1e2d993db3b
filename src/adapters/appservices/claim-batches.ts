import type { ProxiedClaim, ProxiedKey } from "../../domain/appservices/appservice-keys.ts";
import type { ProxyOutcome } from "../../domain/kernel/observer.ts";
import { claimBody, dealKeys } from "./deal-keys.ts";
import { giveUpAfter } from "./give-up-after.ts";
import type { KeyRequests } from "./key-requests.ts";
import type { ProxyReports } from "./proxy-reports.ts";

/** Keys in one request. */
const mostInBatch = 500;

/** Claims that wait for the next request; who comes then gets nothing. */
const mostWaiting = 5000;

/**
 * The claims of one appservice's users (MSC3983): one request at a time, and what comes meanwhile is together in the
 * next one.
 */
export class ClaimBatches {
  readonly #requests: KeyRequests;
  readonly #reports: ProxyReports;
  readonly #waiting = new Set<WaitingClaim>();
  #inFlight: readonly WaitingClaim[] | undefined;
  #closed = false;

  constructor(requests: KeyRequests, reports: ProxyReports) {
    this.#requests = requests;
    this.#reports = reports;
  }

  claimAll(claims: readonly ProxiedClaim[], timeout: number): Promise<(ProxiedKey | undefined)[]> {
    const caller = new ClaimCaller(claims.length, timeout, this);
    for (const [index, claim] of claims.entries()) {
      if (this.#closed || this.#waiting.size >= mostWaiting) this.#reports.asked("claim", "spared");
      else this.#waiting.add(caller.wait(claim, index));
    }
    caller.endWhenDone();
    this.#sendWaiting();
    return caller.keys;
  }

  /** A caller waits no longer: its claims go into no request. */
  withdraw(claims: Iterable<WaitingClaim>): void {
    for (const claim of claims) {
      this.#waiting.delete(claim);
      this.#reports.asked("claim", "failed");
    }
  }

  /** Everybody who waits gets nothing. */
  close(): void {
    this.#closed = true;
    this.#settle(this.#inFlight ?? [], "failed");
    this.#settleWaiting("spared");
  }

  #sendWaiting(): void {
    if (this.#waiting.size === 0) return;
    if (this.#requests.backOff.spares) this.#settleWaiting("spared");
    else if (this.#inFlight === undefined) void this.#send(this.#waiting.values().take(mostInBatch).toArray());
  }

  async #send(batch: readonly WaitingClaim[]): Promise<void> {
    this.#inFlight = batch;
    for (const claim of batch) this.#waiting.delete(claim);
    const body = claimBody(batch.map(({ claim }) => claim));
    const { found } = await this.#requests.ask(body, false, (answer) => dealKeys(answer, batch.toSorted(awaitedFirst)));
    this.#inFlight = undefined;
    if (found !== undefined) this.#reports.dropped(found.dropped);
    this.#settle(batch, found === undefined ? "failed" : "answered", found?.keys);
    this.#sendWaiting();
  }

  #settleWaiting(outcome: ProxyOutcome): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#settle(waiting, outcome);
  }

  #settle(claims: readonly WaitingClaim[], outcome: ProxyOutcome, keys?: ReadonlyMap<WaitingClaim, ProxiedKey>): void {
    for (const claim of claims) {
      if (claim.caller.receive(claim, keys?.get(claim))) this.#reports.asked("claim", outcome);
    }
  }
}

interface WaitingClaim {
  readonly claim: ProxiedClaim;
  readonly caller: ClaimCaller;
  readonly index: number;
}

/** Of fewer keys than were asked for, none goes to a caller that has given up. */
function awaitedFirst(left: WaitingClaim, right: WaitingClaim): number {
  return Number(right.caller.awaits(right)) - Number(left.caller.awaits(left));
}

/** Who asked for keys, until all have come or its time is over. */
class ClaimCaller {
  readonly keys: Promise<(ProxiedKey | undefined)[]>;
  readonly #resolve: (keys: (ProxiedKey | undefined)[]) => void;
  readonly #keys: (ProxiedKey | undefined)[];
  readonly #awaited = new Set<WaitingClaim>();
  readonly #batches: ClaimBatches;
  readonly #timer: NodeJS.Timeout;

  constructor(claims: number, timeout: number, batches: ClaimBatches) {
    const { promise, resolve } = Promise.withResolvers<(ProxiedKey | undefined)[]>();
    this.keys = promise;
    this.#resolve = resolve;
    this.#keys = Array.from({ length: claims });
    this.#batches = batches;
    this.#timer = giveUpAfter(timeout, this);
  }

  wait(claim: ProxiedClaim, index: number): WaitingClaim {
    const waiting = { claim, caller: this, index };
    this.#awaited.add(waiting);
    return waiting;
  }

  awaits(claim: WaitingClaim): boolean {
    return this.#awaited.has(claim);
  }

  /** @returns whether it was waiting for it still */
  receive(claim: WaitingClaim, key: ProxiedKey | undefined): boolean {
    if (!this.#awaited.delete(claim)) return false;
    this.#keys[claim.index] = key;
    this.endWhenDone();
    return true;
  }

  giveUp(): void {
    this.#batches.withdraw(this.#awaited);
    this.#awaited.clear();
    this.endWhenDone();
  }

  endWhenDone(): void {
    if (this.#awaited.size > 0) return;
    clearTimeout(this.#timer);
    this.#resolve(this.#keys);
  }
}
