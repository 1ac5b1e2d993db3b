import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Clock } from "../kernel/clock.ts";
import { givingWay } from "../kernel/give-way.ts";
import { noPage, pagesFrom } from "../kernel/pages.ts";
import type { Requester } from "../kernel/requester.ts";
import type { ReadingAll, Snapshots } from "../kernel/unit-of-work.ts";
import { membersOnly, stateAfter } from "../rooms/long-state.ts";
import { membershipOf } from "../rooms/membership-change.ts";
import type { Membership } from "../rooms/membership-store.ts";
import { requireJoined } from "../rooms/require-joined.ts";
import type { RoomEvent, TimelineEvent } from "../rooms/room-event.ts";
import { listVisible } from "../rooms/visibility/list-visible.ts";
import { findEndOfView, type RoomView, requireView, type ViewStores } from "./room-view.ts";
import { type ShowingStateStores, showStateAfter } from "./show-state.ts";
import type { ShownEvent } from "./shown-event.ts";
import { comparePlaces, findPlace } from "./timeline-places.ts";

type MemberStores = ViewStores & ShowingStateStores;

export interface GetMembersDeps {
  readonly snapshots: Snapshots<MemberStores>;
  readonly clock: Clock;
}

export interface MembersRequest {
  readonly roomId: RoomId;
  /** A token: as of when. `undefined`: now. */
  readonly at: string | undefined;
  /** Who is asked for; where both are given, who is the one or is not the other. */
  readonly membership: Membership | undefined;
  readonly notMembership: Membership | undefined;
}

/**
 * The members of a room, page by page: for who has left it, as they were then.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmembers
 *
 * @throws MatrixError `M_FORBIDDEN`, also for a time of which the requester may see nothing; `M_INVALID_PARAM` for the token
 */
export async function getMembers(
  { snapshots, clock }: GetMembersDeps,
  requester: Requester,
  request: MembersRequest,
): Promise<AsyncIterable<readonly ShownEvent[]>> {
  const first = await snapshots.read(async (stores) => {
    const view = await requireView(stores, requester.userId, request.roomId);
    const event = await findEventAt(stores, requester.userId, view, request.at);
    return event ? showStateAfter(event, membersOnly, view.lastEvent)(stores) : noPage;
  });
  return choose(pagesFrom(snapshots, first), request, givingWay(clock));
}

/** The last one of a time. */
async function findEventAt(
  stores: ReadingAll<MemberStores>,
  userId: UserId,
  view: RoomView,
  at: string | undefined,
): Promise<TimelineEvent | undefined> {
  const { roomId, lastEvent } = view;
  const place = at === undefined ? undefined : await findPlace(stores.events, roomId, at, "at");
  if (!place || (lastEvent && comparePlaces(place, lastEvent) > 0)) return findEndOfView(stores, view);
  const [newest] = await stores.events.listPage(roomId, place, "backward", 1);
  if (!newest) return undefined;
  // The members of a time are seen by whom its events are.
  const [seen] = await listVisible(stores, userId, roomId, [newest]);
  if (!seen) throw new MatrixError("M_FORBIDDEN", "You may not see who was in the room then");
  return newest;
}

async function* choose(
  pages: AsyncIterable<readonly ShownEvent[]>,
  { membership, notMembership }: MembersRequest,
  giveWay: () => Promise<void>,
): AsyncIterable<readonly ShownEvent[]> {
  for await (const members of pages) {
    if (membership === undefined && notMembership === undefined) yield members;
    else {
      const chosen: ShownEvent[] = [];
      for (const member of members) {
        await giveWay();
        const now = membershipOf(contentOf(member.event));
        if (now === membership || (notMembership !== undefined && now !== notMembership)) chosen.push(member);
      }
      yield chosen;
    }
  }
}

/** What a member is called, and looks like, in the room; as far as it says. */
export interface JoinedMember {
  readonly displayName: string | undefined;
  readonly avatarUrl: string | undefined;
}

/**
 * Who is in a room now, page by page.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidjoined_members
 *
 * @throws MatrixError `M_FORBIDDEN` to who is not in it
 */
export async function getJoinedMembers(
  { snapshots, clock }: GetMembersDeps,
  requester: Requester,
  roomId: RoomId,
): Promise<AsyncIterable<ReadonlyMap<UserId, JoinedMember>>> {
  const first = await snapshots.read(async (stores) => {
    await requireJoined(stores, requester.userId, roomId);
    const newest = await findEndOfView(stores, { roomId, lastEvent: undefined });
    return newest ? stateAfter(newest, membersOnly)(stores) : noPage;
  });
  return joinedOf(pagesFrom(snapshots, first), givingWay(clock));
}

async function* joinedOf(
  pages: AsyncIterable<readonly RoomEvent[]>,
  giveWay: () => Promise<void>,
): AsyncIterable<ReadonlyMap<UserId, JoinedMember>> {
  for await (const members of pages) {
    const joined = new Map<UserId, JoinedMember>();
    for (const event of members) {
      await giveWay();
      const content = contentOf(event);
      if (membershipOf(content) === "join") joined.set(event.stateKey as UserId, profileIn(content));
    }
    yield joined;
  }
}

function profileIn({ displayname, avatar_url }: JsonObject): JoinedMember {
  const textOrNothing = (value: unknown) => (typeof value === "string" ? value : undefined);
  return { displayName: textOrNothing(displayname), avatarUrl: textOrNothing(avatar_url) };
}

function contentOf({ content }: RoomEvent): JsonObject {
  return JSON.parse(content) as JsonObject;
}
