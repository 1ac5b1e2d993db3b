import { formatPageToken } from "../../protocol/page-token.ts";
import { type IgnoredUsersMemory, recallIgnoredUsers } from "../account-data/ignored-users.ts";
import { passesRoom, type RoomEventFilter } from "../filters/room-event-filter.ts";
import { changedPages, noPage, type Page, pagesFrom } from "../kernel/pages.ts";
import type { Requester } from "../kernel/requester.ts";
import type { ReadingAll, Snapshots } from "../kernel/unit-of-work.ts";
import { besideMembers, stateAfter, wholeState } from "../rooms/long-state.ts";
import type { RoomEvent, TimelineEvent } from "../rooms/room-event.ts";
import type { SeenEvent } from "../rooms/visibility/list-visible.ts";
import { requireSeenEvent } from "./find-seen-event.ts";
import type { EventOfRoom } from "./get-event.ts";
import type { TimelineStores } from "./get-messages.ts";
import { listPassing } from "./list-passing.ts";
import { listSenders } from "./list-senders.ts";
import { readPage } from "./read-page.ts";
import { findLastSeen } from "./room-view.ts";
import { showEvents } from "./show-events.ts";
import { showState } from "./show-state.ts";
import type { ShownEvent } from "./shown-event.ts";
import { beginning, liveEnd, placeBefore, placeBehind } from "./timeline-places.ts";

export interface GetContextDeps {
  readonly snapshots: Snapshots<TimelineStores>;
  readonly ignoredUsers: IgnoredUsersMemory;
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
  /** As of the last event, as far as the filter lets it through, page by page. */
  readonly state: AsyncIterable<readonly ShownEvent[]>;
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
  const { state, ...context } = await deps.snapshots.read(async (stores) => {
    const event = await requireSeenEvent(stores, userId, roomId, eventId);
    const ignored = await recallIgnoredUsers(deps.ignoredUsers, stores, userId);
    const lastSeen = await findLastSeen(stores, userId, roomId);
    const around = async (direction: "backward" | "forward", count: number) => {
      if (count === 0) return [];
      const [from, to] = direction === "backward" ? [placeBefore(event), beginning] : [placeBehind(event), liveEnd];
      const choice = { roomId, direction, from, to, limit: count, filter, ignored, leftAt: lastSeen?.position };
      return (await readPage(stores, userId, choice)).events;
    };
    const before = await around("backward", Math.floor(limit / 2));
    const after = await around("forward", Math.ceil(limit / 2));
    const all = [...before, event, ...after];
    const shown = await showEvents(stores, requester, all, { ignored });
    return {
      start: formatPageToken(placeBefore(before.at(-1) ?? event)),
      end: formatPageToken(placeBehind(after.at(-1) ?? event)),
      before: shown.slice(0, before.length),
      event: shown[before.length] ?? { event },
      after: shown.slice(before.length + 1),
      state: await readState(stores, all, after.at(-1) ?? event, { filter, lastSeen }),
    };
  });
  return { ...context, state: pagesFrom(deps.snapshots, state) };
}

async function readState(
  stores: ReadingAll<TimelineStores>,
  events: readonly SeenEvent[],
  last: SeenEvent,
  { filter, lastSeen }: { readonly filter: RoomEventFilter; readonly lastSeen: TimelineEvent | undefined },
): Promise<Page<ReadingAll<TimelineStores>, ShownEvent>> {
  if (!passesRoom(filter, last.roomId)) return noPage;
  const { lazyLoadMembers } = filter;
  const show = async (inside: ReadingAll<TimelineStores>, state: readonly RoomEvent[]) =>
    showState(inside, await listPassing(inside, filter, state, lastSeen?.position), lastSeen);
  const state = stateAfter(last, lazyLoadMembers ? besideMembers : wholeState);
  const { items, next } = await changedPages(state, show)(stores);
  if (!lazyLoadMembers) return { items, next };
  return { items: [...items, ...(await show(stores, await listSenders(stores, events)))], next };
}
