import type { RoomEvent, TimelineEvent } from "./room-event.ts";

/** Outliers are in none. */
export function isInTimeline(event: RoomEvent): event is TimelineEvent {
  return event.position !== undefined && event.stateBefore !== undefined && event.stateAfter !== undefined;
}
