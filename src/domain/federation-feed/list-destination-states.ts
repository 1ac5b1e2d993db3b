import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { DestinationFailure, DestinationStore } from "../federation-out/destination-store.ts";
import type { FederationQueueStore } from "../federation-out/federation-queue-store.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";

/** A server that takes nothing. Times are ms since the epoch. */
export interface FailingDestination extends DestinationFailure {
  readonly server: ServerName;
  /** Messages and changes behind the transaction that it is sent; `mostWaiting` stands for "so many or more". */
  readonly waiting: number;
}

/** How it stands with what other servers are sent. */
export interface DestinationStates {
  /** Servers for which something waits; `mostDestinations` stands for "so many or more". */
  readonly waiting: number;
  /** Servers whose last transaction was not taken. */
  readonly failing: number;
  /** Those of them that have failed for longest. */
  readonly longest: readonly FailingDestination[];
}

/** How far is counted. */
export const mostWaiting = 10_000;
export const mostDestinations = 10_000;
const mostListed = 20;

interface StateStores {
  readonly destinations: DestinationStore;
  readonly federationQueue: FederationQueueStore;
}

/** For operators. */
export function listDestinationStates(deps: {
  readonly snapshots: Snapshots<StateStores>;
}): Promise<DestinationStates> {
  return deps.snapshots.read(async ({ destinations, federationQueue }) => {
    const waiting = await federationQueue.listDestinations(undefined, mostDestinations);
    const failures = await destinations.listFailures();
    const longest: FailingDestination[] = [];
    for (const failure of failures.toSorted((one, other) => one.since - other.since).slice(0, mostListed)) {
      longest.push({ ...failure, waiting: await federationQueue.countWaiting(failure.server, mostWaiting) });
    }
    return { waiting: waiting.length, failing: failures.length, longest };
  });
}
