import { passesEvent, type RoomEventFilter } from "../filters/room-event-filter.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import { hasContentMember } from "../rooms/content-member.ts";
import type { EventStore } from "../rooms/event-store.ts";
import type { RoomEvent } from "../rooms/room-event.ts";
import type { RelationStore } from "./relation-store.ts";
import { liveEnd } from "./timeline-places.ts";

export interface PassingStores {
  readonly events: Reading<EventStore>;
  readonly relations: Reading<RelationStore>;
}

/**
 * Inside a snapshot: those of some events of one room that a filter lets through, in the same order. Whether it lets the
 * room through is not looked at.
 *
 * @param upTo what relates to them and has arrived later is not for the user to know of; `undefined`: everything is
 */
export async function listPassing<Event extends RoomEvent>(
  stores: PassingStores,
  filter: RoomEventFilter,
  events: readonly Event[],
  upTo: StreamPosition | undefined,
): Promise<Event[]> {
  const passing = events.filter((event) => {
    const { type, sender } = event;
    return passesEvent(filter, { type, sender, hasUrl: () => hasContentMember(event, "url") });
  });
  const roomId = passing[0]?.roomId;
  if (filter.relatedBy === undefined || roomId === undefined) return passing;
  const eventIds = passing.map(({ eventId }) => eventId);
  const end = upTo === undefined ? liveEnd : await stores.events.findPlaceAt(roomId, upTo);
  const related = new Set(await stores.relations.listRelatedBy({ roomId, eventIds }, filter.relatedBy, end));
  return passing.filter(({ eventId }) => related.has(eventId));
}
