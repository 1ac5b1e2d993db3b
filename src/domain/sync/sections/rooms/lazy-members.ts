import type { RoomEvent } from "../../../rooms/room-event.ts";
import { memberType } from "./state-sources.ts";

/**
 * Whose `m.room.member` events a client needs to show a timeline when it loads members lazily: those of the senders. Who is
 * introduced by the timeline itself needs none before it. This server does not remember what it has sent a client, and
 * sends them anew with each timeline: https://spec.matrix.org/v1.19/client-server-api/#lazy-loading-room-members
 *
 * @param atEnd whether the state of the timeline's end is told: then the timeline introduces nobody
 */
export function membersOfTimeline(events: readonly RoomEvent[], atEnd: boolean): Set<string> {
  const introduced = new Set<string>();
  const needed = new Set<string>();
  for (const { type, stateKey, sender } of events) {
    if (!atEnd && type === memberType && stateKey !== undefined) introduced.add(stateKey);
    if (!introduced.has(sender)) needed.add(sender);
  }
  return needed;
}
