import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { Clock } from "../kernel/clock.ts";
import type { FederationObserver } from "../kernel/observer.ts";
import type { Snapshots, UnitOfWork } from "../kernel/unit-of-work.ts";
import type { FederationQueueStore } from "./federation-queue-store.ts";
import { type GivingUpStores, giveUpTransaction } from "./queue-give-up.ts";
import { scopeOfDestination } from "./queue-scope.ts";

/** Ms for which a message waits for a server that does not take it: until then its keys may still be of use. */
const keptFor = 30 * 24 * 3600_000;
/** Messages that wait for one server: the newest are of most use. */
const mostKept = 100_000;
/** Messages in one unit. */
const portion = 1000;

/** Servers that are looked at together. */
const page = 500;

interface QueueStores extends GivingUpStores {
  readonly federationQueue: FederationQueueStore;
}

export interface ForgetOldMessagesDeps {
  readonly unitOfWork: UnitOfWork<QueueStores>;
  readonly snapshots: Snapshots<QueueStores>;
  readonly clock: Clock;
  readonly federationObserver: Pick<FederationObserver, "federationMessagesForgotten">;
}

/** Bounds what waits for servers that take nothing, or not enough: messages, and the transaction that has waited for longest. */
export async function forgetOldMessages(deps: ForgetOldMessagesDeps): Promise<void> {
  const { unitOfWork, clock, federationObserver } = deps;
  const before = clock.now() - keptFor;
  for (let forgotten = portion; forgotten === portion; ) {
    forgotten = await unitOfWork.run({}, ({ federationQueue }) =>
      federationQueue.forgetMessagesBefore(before, portion),
    );
    if (forgotten > 0) federationObserver.federationMessagesForgotten(forgotten);
  }
  const failing = await unitOfWork.run({}, ({ destinations }) => destinations.listFailures());
  for (const { server, since } of failing) {
    const forgotten = since < before ? await giveUpOld(deps, server, before) : 0;
    if (forgotten > 0) federationObserver.federationMessagesForgotten(forgotten);
  }
  await forgetTooMany(deps);
}

/** Gives up a transaction that was made before a time. */
function giveUpOld({ unitOfWork }: ForgetOldMessagesDeps, server: ServerName, before: number): Promise<number> {
  return unitOfWork.run(scopeOfDestination(server), async (stores) => {
    const transaction = await stores.destinations.findTransaction(server);
    if (!transaction || transaction.madeAt >= before) return 0;
    return giveUpTransaction(stores, server, transaction);
  });
}

/** Also for a server that takes each transaction, but slowly. What few wait for costs next to nothing to count. */
async function forgetTooMany({ unitOfWork, snapshots, federationObserver }: ForgetOldMessagesDeps): Promise<void> {
  let last: ServerName | undefined;
  for (let isMore = true; isMore; ) {
    const servers = await snapshots.ask(({ federationQueue }) => federationQueue.listDestinations(last, page));
    for (const server of servers) {
      const waiting = await snapshots.ask((stores) => stores.federationQueue.countWaiting(server, mostKept + 1));
      if (waiting <= mostKept) continue;
      const forgotten = await unitOfWork.run(scopeOfDestination(server), ({ federationQueue }) =>
        federationQueue.forgetOldestMessages(server, mostKept),
      );
      if (forgotten > 0) federationObserver.federationMessagesForgotten(forgotten);
    }
    last = servers.at(-1);
    isMore = servers.length === page;
  }
}
