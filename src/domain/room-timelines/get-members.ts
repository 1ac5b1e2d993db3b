import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Clock } from "../kernel/clock.ts";
import { givingWay } from "../kernel/give-way.ts";
import type { Requester } from "../kernel/requester.ts";
import type { ReadingAll, Snapshots } from "../kernel/unit-of-work.ts";
import { membershipOf } from "../rooms/membership-change.ts";
import type { Membership } from "../rooms/membership-store.ts";
import { requireJoined } from "../rooms/require-joined.ts";
import type { RoomEvent } from "../rooms/room-event.ts";
import { listVisible } from "../rooms/visibility/list-visible.ts";
import { type RoomView, requireView, type ViewStores } from "./room-view.ts";
import { type ShowingStateStores, showState } from "./show-state.ts";
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

const onlyMembers = ["m.room.member"];

/**
 * The members of a room: for who has left it, as they were then.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmembers
 *
 * @throws MatrixError `M_FORBIDDEN`, also for a time of which the requester may see nothing; `M_INVALID_PARAM` for the token
 */
export async function getMembers(
  deps: GetMembersDeps,
  requester: Requester,
  request: MembersRequest,
): Promise<ShownEvent[]> {
  const members = await deps.snapshots.read(async (stores) => {
    const view = await requireView(stores, requester.userId, request.roomId);
    return showState(stores, await listMembersAt(stores, requester.userId, view, request.at), view.lastEvent);
  });
  return choose(members, request, givingWay(deps.clock));
}

async function listMembersAt(
  stores: ReadingAll<MemberStores>,
  userId: UserId,
  { roomId, lastEvent }: RoomView,
  at: string | undefined,
): Promise<RoomEvent[]> {
  const { events, roomState } = stores;
  const place = at === undefined ? undefined : await findPlace(events, roomId, at, "at");
  if (!place && !lastEvent) return roomState.listAllCurrent(roomId, onlyMembers);
  if (!place || (lastEvent && comparePlaces(place, lastEvent) > 0)) {
    return lastEvent ? roomState.listAllAt(roomId, lastEvent.stateAfter, onlyMembers) : [];
  }
  const [newest] = await events.listPage(roomId, place, "backward", 1);
  if (!newest) return [];
  // The members of a time are seen by whom its events are.
  const [seen] = await listVisible(stores, userId, roomId, [newest]);
  if (!seen) throw new MatrixError("M_FORBIDDEN", "You may not see who was in the room then");
  return roomState.listAllAt(roomId, newest.stateAfter, onlyMembers);
}

async function choose(
  members: ShownEvent[],
  { membership, notMembership }: MembersRequest,
  giveWay: () => Promise<void>,
): Promise<ShownEvent[]> {
  if (membership === undefined && notMembership === undefined) return members;
  const chosen: ShownEvent[] = [];
  for (const member of members) {
    await giveWay();
    const now = membershipOf(contentOf(member.event));
    if (now === membership || (notMembership !== undefined && now !== notMembership)) chosen.push(member);
  }
  return chosen;
}

/** What a member is called, and looks like, in the room; as far as it says. */
export interface JoinedMember {
  readonly displayName: string | undefined;
  readonly avatarUrl: string | undefined;
}

/**
 * Who is in a room now. https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidjoined_members
 * @throws MatrixError `M_FORBIDDEN` to who is not in it
 */
export async function getJoinedMembers(
  deps: GetMembersDeps,
  requester: Requester,
  roomId: RoomId,
): Promise<Map<UserId, JoinedMember>> {
  const members = await deps.snapshots.read(async (stores) => {
    await requireJoined(stores, requester.userId, roomId);
    return stores.roomState.listAllCurrent(roomId, onlyMembers);
  });
  const joined = new Map<UserId, JoinedMember>();
  const giveWay = givingWay(deps.clock);
  for (const event of members) {
    await giveWay();
    const content = contentOf(event);
    if (membershipOf(content) === "join") joined.set(event.stateKey as UserId, profileIn(content));
  }
  return joined;
}

function profileIn({ displayname, avatar_url }: JsonObject): JoinedMember {
  const textOrNothing = (value: unknown) => (typeof value === "string" ? value : undefined);
  return { displayName: textOrNothing(displayname), avatarUrl: textOrNothing(avatar_url) };
}

function contentOf({ content }: RoomEvent): JsonObject {
  return JSON.parse(content) as JsonObject;
}
