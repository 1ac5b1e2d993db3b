import type { AppserviceQueueStore } from "../appservices/appservice-queue-store.ts";
import type { Appservices } from "../appservices/appservices.ts";
import type { ReadingAll, Snapshots } from "../kernel/unit-of-work.ts";
import type { AppserviceFeedStore, Feed } from "./appservice-feed-store.ts";

/** How it stands with an appservice's transactions. Times are ms since the epoch. */
export interface FeedState {
  readonly id: string;
  /** False for one that was told something once, and is not in the config any more. */
  readonly isRegistered: boolean;
  /** It took the last transaction that it was sent, or was sent none yet. */
  readonly up: boolean;
  readonly failingSince: number | undefined;
  /** What the last attempt failed with: one line. */
  readonly lastError: string | undefined;
  readonly nextAttemptAt: number | undefined;
  /** Messages and notes behind the transaction; `mostWaiting` stands for "so many or more". */
  readonly waiting: number;
  /** Whether a transaction was made that is not taken. */
  readonly transactionPending: boolean;
  /** Since when something waits; what is in a transaction waits since that was made. */
  readonly oldestWaitingSince: number | undefined;
}

/** How far is counted. */
export const mostWaiting = 10_000;

interface StateStores {
  readonly appserviceFeeds: AppserviceFeedStore;
  readonly appserviceQueue: AppserviceQueueStore;
}

/** Of all appservices that get transactions, in the config's order, and then of those that got some once. */
export function listFeedStates(deps: {
  readonly snapshots: Snapshots<StateStores>;
  readonly appservices: Appservices;
}): Promise<FeedState[]> {
  return deps.snapshots.read(async (stores) => {
    const feeds = new Map((await stores.appserviceFeeds.listFeeds()).map((feed) => [feed.appserviceId, feed]));
    const registered = deps.appservices.all
      .filter(({ receivesTransactions }) => receivesTransactions)
      .map(({ id }) => id);
    const states: FeedState[] = [];
    for (const id of new Set([...registered, ...feeds.keys()])) {
      const isRegistered = deps.appservices.find(id) !== undefined;
      states.push({ id, isRegistered, ...(await findState(stores, id, feeds.get(id))) });
    }
    return states;
  });
}

async function findState(
  { appserviceFeeds, appserviceQueue }: ReadingAll<StateStores>,
  id: string,
  feed: Feed | undefined,
): Promise<Omit<FeedState, "id" | "isRegistered">> {
  const failure = feed?.failure;
  const madeAt = await appserviceFeeds.findTransactionTime(id);
  const queuedAt = await appserviceQueue.findOldest(id);
  return {
    up: failure === undefined,
    failingSince: failure?.since,
    lastError: failure?.error,
    nextAttemptAt: failure?.nextAttemptAt,
    waiting: await appserviceQueue.countWaiting(id, mostWaiting),
    transactionPending: madeAt !== undefined,
    oldestWaitingSince: madeAt ?? queuedAt,
  };
}
