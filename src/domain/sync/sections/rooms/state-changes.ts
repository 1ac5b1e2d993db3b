import type { PageReader } from "../../../kernel/pages.ts";
import { statePageLength } from "../../../rooms/long-state.ts";
import { placeOf } from "../../../rooms/place-of.ts";
import type { RoomEvent } from "../../../rooms/room-event.ts";
import type { TimelinePart } from "./read-timeline.ts";
import { newestOfEachPlace, type RoomRange, type RoomSectionStores } from "./room-question.ts";

/** The state events of a range, the newest first. */
export interface StateChanges {
  readonly newest: readonly RoomEvent[];
  /** Where there are more; `undefined`: these are all. */
  readonly older: RoomRange | undefined;
}

export const noChanges: StateChanges = { newest: [], older: undefined };

/** What a timeline covers is not read once more; of what is before it, behind a gap, a page is. */
export async function listStateChanges(
  stores: RoomSectionStores,
  { roomId, since, upTo }: RoomRange,
  { isComplete, covered }: TimelinePart,
): Promise<StateChanges> {
  const newest = covered.filter(({ stateKey }) => stateKey !== undefined).toReversed();
  if (isComplete) return { newest, older: undefined };
  const before = (covered[0]?.position ?? upTo + 1) - 1;
  const page = await listNewestChanges(stores, { roomId, since, upTo: before });
  return { newest: [...newest, ...page.newest], older: page.older };
}

/**
 * Of older changes, those that are still in force after the others.
 *
 * @param told names places of which nothing older is told; it grows as pages are read
 * @param newer what the page before this one has
 */
export function olderChanges(
  range: RoomRange,
  told: Set<string>,
  newer: readonly RoomEvent[] = [],
): PageReader<RoomSectionStores, RoomEvent> {
  return async (stores) => {
    // Only now: were they noted when their own page is read, and that is read again, it would be without them.
    for (const event of newer) told.add(placeOf(event));
    const { newest, older } = await listNewestChanges(stores, range);
    const items = newestOfEachPlace(newest).filter((event) => !told.has(placeOf(event)));
    return { items, next: older && olderChanges(older, told, items) };
  };
}

async function listNewestChanges({ events }: RoomSectionStores, range: RoomRange): Promise<StateChanges> {
  const newest = await events.listStateEvents(range.roomId, range, statePageLength);
  const oldest = newest.at(-1);
  const isLast = newest.length < statePageLength || !oldest;
  return { newest, older: isLast ? undefined : { ...range, upTo: oldest.position - 1 } };
}
