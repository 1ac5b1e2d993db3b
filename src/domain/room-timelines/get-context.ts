import { formatPageToken } from "../../protocol/page-token.ts";
import { listIgnoredUsers } from "../account-data/ignored-users.ts";
import type { RoomEventFilter } from "../filters/room-event-filter.ts";
import type { Requester } from "../kernel/requester.ts";
import type { ReadingAll, Snapshots } from "../kernel/unit-of-work.ts";
import type { RoomEvent } from "../rooms/room-event.ts";
import type { SeenEvent } from "../rooms/visibility/list-visible.ts";
import { requireSeenEvent } from "./find-seen-event.ts";
import type { EventOfRoom } from "./get-event.ts";
import type { TimelineStores } from "./get-messages.ts";
import { listSenders } from "./list-senders.ts";
import { readPage } from "./read-page.ts";
import { showEvents } from "./show-events.ts";
import { showState } from "./show-state.ts";
import type { ShownEvent } from "./shown-event.ts";
import { beginning, liveEnd, placeBefore, placeBehind } from "./timeline-places.ts";

export interface GetContextDeps {
  readonly snapshots: Snapshots<TimelineStores>;
}

export interface ContextRequest extends EventOfRoom {
  /** Events before and after together, 0 or more. */
  readonly limit: number;
  readonly filter: RoomEventFilter;
}

export interface EventContext {
  /** Where pages go on backwards, and forwards. */
  readonly start: string;
  readonly end: string;
  readonly event: ShownEvent;
  /** The nearest first. */
  readonly before: readonly ShownEvent[];
  readonly after: readonly ShownEvent[];
  /** As of the last event. */
  readonly state: readonly ShownEvent[];
}

/**
 * What happened just before and after an event, as far as the requester may see it.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidcontexteventid
 *
 * @throws MatrixError `M_NOT_FOUND` when there is no such event, and to who may not see it
 */
export async function getContext(
  deps: GetContextDeps,
  requester: Requester,
  { roomId, eventId, limit, filter }: ContextRequest,
): Promise<EventContext> {
  const { userId } = requester;
  return deps.snapshots.read(async (stores) => {
    const event = await requireSeenEvent(stores, userId, roomId, eventId);
    const ignored = await listIgnoredUsers(stores, userId);
    const around = async (direction: "backward" | "forward", count: number) => {
      if (count === 0) return [];
      const [from, to] = direction === "backward" ? [placeBefore(event), beginning] : [placeBehind(event), liveEnd];
      return (await readPage(stores, userId, { roomId, direction, from, to, limit: count, filter, ignored })).events;
    };
    const before = await around("backward", Math.floor(limit / 2));
    const after = await around("forward", Math.ceil(limit / 2));
    const all = [...before, event, ...after];
    const shown = await showEvents(stores, requester, all, { ignored });
    const state = await listState(stores, all, after.at(-1) ?? event, filter);
    return {
      start: formatPageToken(placeBefore(before.at(-1) ?? event)),
      end: formatPageToken(placeBehind(after.at(-1) ?? event)),
      before: shown.slice(0, before.length),
      event: shown[before.length] ?? { event },
      after: shown.slice(before.length + 1),
      state: await showState(stores, state),
    };
  });
}

async function listState(
  stores: ReadingAll<TimelineStores>,
  events: readonly SeenEvent[],
  last: SeenEvent,
  { lazyLoadMembers }: RoomEventFilter,
): Promise<RoomEvent[]> {
  const state = await stores.roomState.listAllAt(last.roomId, last.stateAfter);
  if (!lazyLoadMembers) return state;
  const senders = await listSenders(stores, events);
  return [...state.filter(({ type }) => type !== "m.room.member"), ...senders];
}
