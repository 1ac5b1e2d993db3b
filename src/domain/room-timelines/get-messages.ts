import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import { formatPageToken } from "../../protocol/page-token.ts";
import { type IgnoredUsersMemory, recallIgnoredUsers } from "../account-data/ignored-users.ts";
import type { RoomEventFilter } from "../filters/room-event-filter.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Reading, Snapshots } from "../kernel/unit-of-work.ts";
import type { EventStore, TimelinePlace } from "../rooms/event-store.ts";
import { listSenders } from "./list-senders.ts";
import { readPage } from "./read-page.ts";
import { requireView, type ViewStores } from "./room-view.ts";
import { type ShowingStores, showEvents } from "./show-events.ts";
import { showState } from "./show-state.ts";
import type { ShownEvent } from "./shown-event.ts";
import { beginning, comparePlaces, findPlace, liveEnd, placeBehind } from "./timeline-places.ts";

export interface TimelineStores extends ViewStores, ShowingStores {
  readonly events: ViewStores["events"];
}

export interface GetMessagesDeps {
  readonly snapshots: Snapshots<TimelineStores>;
  readonly ignoredUsers: IgnoredUsersMemory;
}

export interface MessagesRequest {
  readonly roomId: RoomId;
  readonly direction: "backward" | "forward";
  /** Tokens of pages or syncs. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** 1 or more. */
  readonly limit: number;
  readonly filter: RoomEventFilter;
}

export interface MessagesPage {
  readonly start: string;
  /** `undefined`: there are no more. */
  readonly end: string | undefined;
  readonly events: readonly ShownEvent[];
  /** Where members are asked for as they are needed: those who sent the events. */
  readonly state: readonly ShownEvent[] | undefined;
}

/**
 * A page of a room's history, as far as the requester may see it.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmessages
 *
 * @throws MatrixError `M_FORBIDDEN`, `M_INVALID_PARAM` for a token
 */
export async function getMessages(
  deps: GetMessagesDeps,
  requester: Requester,
  request: MessagesRequest,
): Promise<MessagesPage> {
  const { roomId, direction, limit, filter } = request;
  const { userId } = requester;
  return deps.snapshots.read(async (stores) => {
    const view = await requireView(stores, userId, roomId);
    const placeOf = async (token: string | undefined, parameter: string) =>
      token === undefined ? undefined : findPlace(stores.events, roomId, token, parameter);
    const end = view.lastEvent ? placeBehind(view.lastEvent) : liveEnd;
    const isBackward = direction === "backward";
    const from =
      (await placeOf(request.from, "from")) ?? (isBackward ? await findEnd(stores.events, roomId) : beginning);
    const to = (await placeOf(request.to, "to")) ?? (isBackward ? beginning : end);
    const ignored = await recallIgnoredUsers(deps.ignoredUsers, stores, userId);
    const page = await readPage(stores, userId, {
      ...{ roomId, direction, limit, filter, ignored, leftAt: view.lastEvent?.position },
      // Of what comes after a user's leaving nothing could be seen.
      from: earlier(from, end),
      to: earlier(to, end),
    });
    const senders = filter.lazyLoadMembers ? await listSenders(stores, page.events) : undefined;
    return {
      start: request.from ?? formatPageToken(from),
      end: page.next && formatPageToken(page.next),
      events: await showEvents(stores, requester, page.events, { ignored }),
      state: senders && (await showState(stores, senders, view.lastEvent)),
    };
  });
}

/** Behind the last event that there is now: a client may go on from there when there are more. */
async function findEnd(events: Reading<EventStore>, roomId: RoomId): Promise<TimelinePlace> {
  const [newest] = await events.listPage(roomId, liveEnd, "backward", 1);
  return newest ? placeBehind(newest) : beginning;
}

function earlier(one: TimelinePlace, other: TimelinePlace): TimelinePlace {
  return comparePlaces(one, other) <= 0 ? one : other;
}
