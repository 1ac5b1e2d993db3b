import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { passesRoom, type RoomEventFilter } from "../filters/room-event-filter.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";
import type { TimelinePlace } from "../rooms/event-store.ts";
import type { TimelineEvent } from "../rooms/room-event.ts";
import { listVisible, type SeenEvent, type VisibilityStores } from "../rooms/visibility/list-visible.ts";
import { listPassing, type PassingStores } from "./list-passing.ts";
import { comparePlaces, placeBefore, placeBehind } from "./timeline-places.ts";

export interface PageStores extends VisibilityStores, PassingStores {}

/** Which events of a room are wanted. */
export interface PageChoice {
  readonly roomId: RoomId;
  readonly direction: "backward" | "forward";
  readonly from: TimelinePlace;
  /** Events beyond it are not wanted. */
  readonly to: TimelinePlace;
  /** 1 or more. */
  readonly limit: number;
  readonly filter: RoomEventFilter;
  /** Messages of these users are not wanted. */
  readonly ignored: ReadonlySet<UserId>;
  /** Where the user has left: what relates to events and has come later does not count. `undefined`: nowhere. */
  readonly leftAt: StreamPosition | undefined;
}

export interface Page {
  /** The nearest first. */
  readonly events: readonly SeenEvent[];
  /** Where the next page begins; `undefined`: there is none. */
  readonly next: TimelinePlace | undefined;
}

/** Events that are read at once where not every one is wanted, and in all for one page: it may stay empty. */
const batch = 100;
const mostRead = 1000;

/** Inside a snapshot: the next events of a room that a user may see and wants. */
export async function readPage(stores: PageStores, userId: UserId, choice: PageChoice): Promise<Page> {
  const { roomId, direction, limit } = choice;
  const found: SeenEvent[] = [];
  if (!passesRoom(choice.filter, roomId)) return { events: found, next: undefined };
  let at = choice.from;
  for (let read = 0; read < mostRead; read += batch) {
    // At first as many as are asked for: as a rule they are all wanted.
    const size = read === 0 ? limit : batch;
    const events = await stores.events.listPage(roomId, at, direction, size);
    const within = events.filter((event) => isWithin(event, choice));
    const heard = within.filter((event) => isHeard(event, choice));
    const wanted = await listPassing(stores, choice.filter, heard, choice.leftAt);
    const seen = await listVisible(stores, userId, roomId, wanted);
    const taken = seen.slice(0, limit - found.length);
    found.push(...taken);
    const isEnd = events.length < size || within.length < events.length;
    const last = found.length === limit ? taken.at(-1) : within.at(-1);
    if (isEnd && taken.length === seen.length) return { events: found, next: undefined };
    if (last) at = direction === "backward" ? placeBefore(last) : placeBehind(last);
    if (found.length === limit) break;
  }
  return { events: found, next: at };
}

function isWithin(event: TimelineEvent, { direction, to }: PageChoice): boolean {
  const order = comparePlaces(event, to);
  return direction === "backward" ? order > 0 : order <= 0;
}

function isHeard({ stateKey, sender }: TimelineEvent, { ignored }: PageChoice): boolean {
  return stateKey !== undefined || !ignored.has(sender);
}
