import type { Appservice } from "../appservices/appservices.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Random } from "../kernel/random.ts";
import { isInPresentHistory, type StreamPosition } from "../kernel/stream-position.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import type { AppserviceFeedStore, Feed, FeedTransaction } from "./appservice-feed-store.ts";
import { beginAnew } from "./begin-anew.ts";
import { scopeOfFeed } from "./feed-scope.ts";
import { digestOfNamespaces, findUsersInRooms } from "./find-users-in-rooms.ts";
import { bodyText } from "./member-names.ts";
import type { FeedStores, Making, Section } from "./section.ts";
import { deviceListsSection } from "./sections/device-lists-section.ts";
import { ephemeralSection } from "./sections/ephemeral-section.ts";
import { eventsSection } from "./sections/events-section.ts";
import { keyCountsSection } from "./sections/key-counts-section.ts";
import { toDeviceSection } from "./sections/to-device-section.ts";

export interface NextTransactionDeps {
  readonly unitOfWork: UnitOfWork<FeedStores>;
  readonly clock: Clock;
  readonly random: Random;
}

/** In this order: a later one may go by what the earlier ones tell. */
const sections: readonly Section[] = [
  ...[toDeviceSection, keyCountsSection, deviceListsSection],
  ...[eventsSection, ephemeralSection],
];

/**
 * The transaction that an appservice is to be sent: the one that was made and not taken, else one made of what waits. It
 * is stored before it is sent, and from then on its id stands for this very body.
 *
 * @param taken the id of the transaction that the appservice has taken: it is removed
 * @param signal when it is aborted nothing more is made
 * @returns `undefined` when nothing waits
 */
export async function nextTransaction(
  deps: NextTransactionDeps,
  appservice: Appservice,
  taken: string | undefined,
  signal: AbortSignal,
): Promise<FeedTransaction | undefined> {
  let outcome = await takeStep(deps, appservice, taken);
  while (typeof outcome === "string" && !signal.aborted) {
    if (outcome === "another history") await beginAnew(deps, appservice, signal);
    if (outcome === "other namespaces") await findUsersInRooms(deps, appservice, signal);
    outcome = await takeStep(deps, appservice, undefined);
  }
  return typeof outcome === "string" ? undefined : outcome;
}

/** `"more"`: what was looked at is to be told to nobody, but more may wait. */
type Outcome = FeedTransaction | undefined | "more" | "another history" | "other namespaces";

function takeStep(deps: NextTransactionDeps, appservice: Appservice, taken: string | undefined): Promise<Outcome> {
  return deps.unitOfWork.run(scopeOfFeed(appservice.id), async (stores) => {
    const { appserviceFeeds } = stores;
    if (taken !== undefined) await appserviceFeeds.removeTransaction(appservice.id, taken);
    // Also after a removal: this may be the second try of a unit whose commit nobody heard of.
    const waiting = await appserviceFeeds.findTransaction(appservice.id);
    if (waiting) return waiting;
    const present = await stores.stream.findPosition();
    const feed = await findOrBegin(appserviceFeeds, appservice.id, present);
    if (taken !== undefined && feed.failure) await appserviceFeeds.removeFailure(appservice.id);
    if (!isInPresentHistory(feed.historyPosition, present)) return "another history";
    if (feed.namespaces !== digestOfNamespaces(appservice)) return "other namespaces";
    const now = deps.clock.now();
    return makeTransaction(deps, stores, { appservice, feed, present, now, members: new Map(), recipients: [] });
  });
}

/** A new appservice is told what happens from now on. */
async function findOrBegin(store: AppserviceFeedStore, appserviceId: string, present: StreamPosition): Promise<Feed> {
  const feed = await store.findFeed(appserviceId);
  if (feed) return feed;
  const positions = { deviceListPosition: present, eventPosition: present, ephemeralPosition: present };
  await store.begin(appserviceId, positions, present);
  return { appserviceId, ...positions, historyPosition: present, namespaces: "", failure: undefined };
}

async function makeTransaction(deps: NextTransactionDeps, stores: FeedStores, making: Making): Promise<Outcome> {
  let hasTaken = false;
  for (const section of sections) if (await section(stores, making)) hasTaken = true;
  if (making.members.size === 0) return hasTaken ? "more" : undefined;
  const transaction = {
    // Random: after a restore no counter goes back over ids that the appservice remembers (rule E5).
    id: deps.random.bytes(16).toString("base64url"),
    body: bodyText(making.members),
    madeAt: making.now,
  };
  await stores.appserviceFeeds.addTransaction(making.appservice.id, transaction);
  return transaction;
}
