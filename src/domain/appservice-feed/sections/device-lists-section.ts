import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { Appservice } from "../../appservices/appservices.ts";
import type { ListedChange, ListedChanges, RoomMove } from "../../device-lists/device-list-store.ts";
import type { StreamPosition } from "../../kernel/stream-position.ts";
import type { FeedStores, Making } from "../section.ts";

/** Changes of each kind that are looked at for one transaction. */
const mostChanges = 125;

/** Changes and moves that are nobody's business. */
const mostLookedAtAgain = 20;

/** Users whose acquaintances are looked at together. */
const usersTogether = 50;

/**
 * Whose devices the appservice must fetch anew, and whose it no longer hears of (MSC3202): as if it were one user, in all
 * rooms that its users are in (rules S2, X6). Nothing is written when a list changes: who hears of it is asked here.
 */
export async function deviceListsSection(
  stores: FeedStores,
  { appservice, feed, present, members }: Making,
): Promise<boolean> {
  if (!appservice.encrypts) return false;
  const { deviceListPosition } = feed;
  const listed = await stores.deviceLists.listChangesBetween(deviceListPosition, present, mostChanges);
  const { changed, left } = await listHeardOf(stores, appservice, deviceListPosition, listed);
  const isTold = changed.length > 0 || left.length > 0;
  if (isTold) members.set("device_lists", JSON.stringify({ changed, left }));
  const { changes, moves, upTo } = listed;
  const more = upTo < present;
  // Of changes that are nobody's business here nothing is written, unless there are too many to look at them again.
  const isMuch = more || changes.length + moves.length > mostLookedAtAgain;
  if ((members.size > 0 && upTo > deviceListPosition) || isMuch) {
    await stores.appserviceFeeds.putPositions(appservice.id, { deviceListPosition: upTo });
  }
  return isTold || more;
}

async function listHeardOf(
  stores: FeedStores,
  appservice: Appservice,
  since: StreamPosition,
  { changes, moves }: ListedChanges,
): Promise<{ changed: UserId[]; left: UserId[] }> {
  if (changes.length === 0 && moves.length === 0) return { changed: [], left: [] };
  const { met, parted, others } = await listCandidates(stores, appservice, since, { changes, moves });
  const candidates = [...new Set([...met, ...parted, ...others])];
  const sharing = new Set(await stores.appserviceMembers.listSharing(appservice.id, candidates, "now"));
  const before = new Set(await stores.appserviceMembers.listSharing(appservice.id, [...met, ...parted], since));
  const told = changes.filter(({ userId, listener }) => appservice.covers(listener ?? userId));
  const known = await listKnown(stores, appservice, [...others, ...parted]);
  const changed = [
    ...told.map(({ userId }) => userId),
    ...[...others].filter((userId) => sharing.has(userId) || known.has(userId)),
    ...[...met].filter((userId) => sharing.has(userId) && !before.has(userId)),
  ];
  const left = [...parted].filter((userId) => before.has(userId) && !sharing.has(userId) && !known.has(userId));
  return { changed: [...new Set(changed)], left };
}

interface Candidates {
  /** They, or somebody of the appservice's, have come to a room. */
  readonly met: ReadonlySet<UserId>;
  /** They, or somebody of the appservice's, have left one. */
  readonly parted: ReadonlySet<UserId>;
  /** Their devices have changed. */
  readonly others: ReadonlySet<UserId>;
}

async function listCandidates(
  { appserviceMembers }: FeedStores,
  appservice: Appservice,
  since: StreamPosition,
  { changes, moves }: { readonly changes: readonly ListedChange[]; readonly moves: readonly RoomMove[] },
): Promise<Candidates> {
  const met = new Set<UserId>();
  const parted = new Set<UserId>();
  for (const { userId, kind } of moves) if (!appservice.covers(userId)) (kind === "came" ? met : parted).add(userId);
  const own = [...new Set(moves.filter(({ userId }) => appservice.covers(userId)).map(({ roomId }) => roomId))];
  const before = new Set(await appserviceMembers.listJoinedRooms(appservice.id, own, since));
  const now = new Set(await appserviceMembers.listJoinedRooms(appservice.id, own, "now"));
  // The first of its users in a room meets everybody there, and the last one parts from them.
  for (const roomId of now.difference(before)) {
    for (const userId of await appserviceMembers.listPresent(roomId, "now")) met.add(userId);
  }
  for (const roomId of before.difference(now)) {
    for (const userId of await appserviceMembers.listPresent(roomId, since)) parted.add(userId);
  }
  const publicly = changes.filter(({ userId, listener }) => listener === undefined && !appservice.covers(userId));
  const isOther = (userId: UserId) => !appservice.covers(userId);
  return {
    met: new Set([...met].filter(isOther)),
    parted: new Set([...parted].filter(isOther)),
    others: new Set(publicly.map(({ userId }) => userId)),
  };
}

/** Of these users, those whom one of the appservice's knows across servers. */
async function listKnown(
  { audience }: FeedStores,
  appservice: Appservice,
  userIds: readonly UserId[],
): Promise<Set<UserId>> {
  const known = new Set<UserId>();
  const left = [...new Set(userIds)];
  for (let users = left.splice(0, usersTogether); users.length > 0; users = left.splice(0, usersTogether)) {
    for (const [userId, other] of await audience.listAcquaintances(users)) {
      if (appservice.covers(other)) known.add(userId);
    }
  }
  return known;
}
