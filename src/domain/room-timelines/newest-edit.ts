import type { EventId } from "../../protocol/identifiers/event-id.ts";
import { hasContentMember, relationIn } from "../rooms/content-member.ts";
import type { RoomEvent } from "../rooms/room-event.ts";
import type { RelatedPair } from "./relation-store.ts";

/**
 * The most recent valid replacement of an event. What is encrypted is valid as far as a server can tell.
 * https://spec.matrix.org/v1.19/client-server-api/#validity-of-replacement-events
 *
 * @param edits what relates to it as a replacement, by the same sender and of the same type
 * @param seen the events that are known, by id
 */
export function newestEdit<Event extends RoomEvent>(
  original: RoomEvent,
  edits: readonly RelatedPair[] = [],
  seen: ReadonlyMap<EventId, Event>,
): Event | undefined {
  if (edits.length === 0 || original.redactedBy !== undefined || relationIn(original)?.relType === "m.replace")
    return undefined;
  return edits
    .flatMap(({ eventId }) => seen.get(eventId) ?? [])
    .filter(({ stateKey }) => stateKey === undefined)
    .filter((edit) => edit.type === "m.room.encrypted" || hasContentMember(edit, "m.new_content"))
    .sort((one, other) => other.originServerTs - one.originServerTs || (other.eventId < one.eventId ? -1 : 1))[0];
}
