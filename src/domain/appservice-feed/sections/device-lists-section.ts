import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { Appservice } from "../../appservices/appservices.ts";
import type { AudienceStore } from "../../device-lists/audience-store.ts";
import type { ListedChange } from "../../device-lists/device-list-store.ts";
import type { FeedStores, Making } from "../section.ts";

/** Changes of each kind that are looked at for one transaction: four times as many users at most are in it. */
const mostChanges = 125;

/** Users whose acquaintances are looked at together. */
const usersTogether = 50;

/**
 * Whose devices the appservice must fetch anew (MSC3202): those that one of its users would hear of (rules S2, X6).
 * Nothing is written when a list changes: who hears of it is asked here.
 */
export async function deviceListsSection(
  stores: FeedStores,
  { appservice, feed, present, members }: Making,
): Promise<boolean> {
  if (!appservice.encrypts) return false;
  const { deviceListPosition } = feed;
  const { changes, upTo } = await stores.deviceLists.listChangesBetween(deviceListPosition, present, mostChanges);
  const changed = await listHeardOf(stores.audience, appservice, changes);
  if (changed.length > 0) members.set("device_lists", JSON.stringify({ changed, left: [] }));
  const more = upTo < present;
  // Of changes that are nobody's business here nothing is written, unless there are too many to look at them again.
  if ((members.size > 0 && upTo > deviceListPosition) || more) {
    await stores.appserviceFeeds.putDeviceListPosition(appservice.id, upTo);
  }
  return changed.length > 0 || more;
}

async function listHeardOf(
  audience: AudienceStore,
  appservice: Appservice,
  changes: readonly ListedChange[],
): Promise<UserId[]> {
  const heardOf = new Set<UserId>();
  const others = new Set<UserId>();
  for (const { userId, listener } of changes) {
    if (appservice.covers(listener ?? userId)) heardOf.add(userId);
    else if (listener === undefined) others.add(userId);
  }
  for (const userId of heardOf) others.delete(userId);
  const left = [...others];
  for (let users = left.splice(0, usersTogether); users.length > 0; users = left.splice(0, usersTogether)) {
    for (const [userId, other] of await audience.listAcquaintances(users)) {
      if (!heardOf.has(userId) && appservice.covers(other)) heardOf.add(userId);
    }
  }
  return [...heardOf];
}
