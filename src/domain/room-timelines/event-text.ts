import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { arrayText, objectText } from "../../protocol/json-text.ts";
import type { BundledAggregations, ShownEvent } from "./shown-event.ts";

export interface EventFormat {
  /** Ms since the epoch: what an event's age is counted from. */
  readonly now: number;
  /** Where the answer does not say it otherwise. */
  readonly withRoomId: boolean;
}

type Members = [name: string, text: string][];

/** JSON text of an event as clients get it: https://spec.matrix.org/v1.19/client-server-api/#room-event-format */
export function eventText(shown: ShownEvent, format: EventFormat): string {
  const { event, redacts } = shown;
  const members: Members = [
    ["type", JSON.stringify(event.type)],
    ["sender", JSON.stringify(event.sender)],
    ["content", redacts === undefined ? event.content : redactionContent(event.content, redacts)],
    ["origin_server_ts", String(event.originServerTs)],
    ["event_id", JSON.stringify(event.eventId)],
  ];
  if (format.withRoomId) members.push(["room_id", JSON.stringify(event.roomId)]);
  if (event.stateKey !== undefined) members.push(["state_key", JSON.stringify(event.stateKey)]);
  if (redacts !== undefined) members.push(["redacts", JSON.stringify(redacts)]);
  members.push(["unsigned", unsignedText(shown, format)]);
  return objectText(members);
}

export function eventTexts(shown: readonly ShownEvent[], format: EventFormat): string {
  return arrayText(shown.map((event) => eventText(event, format)));
}

/**
 * `redacts` stands in the content and beside it, whatever the room's version: clients look in one place or the other.
 * https://spec.matrix.org/v1.19/rooms/v11/#moving-the-redacts-property-of-mroomredaction-events-to-a-content-property
 */
function redactionContent(content: string, redacts: EventId): string {
  return JSON.stringify({ ...(JSON.parse(content) as JsonObject), redacts });
}

function unsignedText(shown: ShownEvent, format: EventFormat): string {
  const { event, ownMembership, transactionId, previousContent, redactedBecause, aggregations } = shown;
  const members: Members = [["age", String(format.now - event.originServerTs)]];
  if (transactionId !== undefined) members.push(["transaction_id", JSON.stringify(transactionId)]);
  if (previousContent !== undefined) members.push(["prev_content", previousContent]);
  if (event.replaces !== undefined) members.push(["replaces_state", JSON.stringify(event.replaces)]);
  if (redactedBecause) members.push(["redacted_because", eventText(redactedBecause, format)]);
  if (ownMembership) members.push(["membership", JSON.stringify(ownMembership)]);
  if (aggregations) members.push(["m.relations", relationsText(aggregations, format)]);
  return objectText(members);
}

function relationsText({ edit, thread, references }: BundledAggregations, format: EventFormat): string {
  const members: Members = [];
  if (edit) members.push(["m.replace", eventText(edit, format)]);
  if (thread) members.push(["m.thread", threadText(thread, format)]);
  if (references.length > 0) {
    const chunk = references.map((eventId) => ({ event_id: eventId }));
    members.push(["m.reference", JSON.stringify({ chunk })]);
  }
  return objectText(members);
}

function threadText(
  { latest, count, hasParticipated }: NonNullable<BundledAggregations["thread"]>,
  format: EventFormat,
): string {
  return objectText([
    ["latest_event", eventText(latest, format)],
    ["count", String(count)],
    ["current_user_participated", String(hasParticipated)],
  ]);
}
