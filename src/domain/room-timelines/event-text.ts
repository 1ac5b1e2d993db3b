import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { arrayText, objectText } from "../../protocol/json-text.ts";
import type { BundledAggregations, ShownEvent } from "./shown-event.ts";
import { strippedEventText } from "./stripped-event-text.ts";

export interface EventFormat {
  /** Ms since the epoch: what an event's age is counted from. */
  readonly now: number;
  /** Where the answer does not say it otherwise. */
  readonly withRoomId: boolean;
}

type Members = [name: string, text: string][];

/** JSON text of an event as clients get it: https://spec.matrix.org/v1.19/client-server-api/#room-event-format */
export function eventText(shown: ShownEvent, format: EventFormat): string {
  const { event, envelope, redacts } = shown;
  if (envelope !== undefined) return federatedText(shown, envelope, format);
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

/** As servers exchange it, and what they leave to each to find out: its id, and what `unsigned` says to who asks. */
function federatedText(shown: ShownEvent, envelope: string, format: EventFormat): string {
  const { eventId, content } = shown.event;
  const others = objectText([
    ["content", content],
    ["event_id", JSON.stringify(eventId)],
    ["unsigned", unsignedText(shown, format)],
  ]);
  return `${envelope.slice(0, -1)},${others.slice(1)}`;
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
  const { event, ownMembership, transactionId, previousContent, redactedBecause, strippedState, aggregations } = shown;
  // An event may say that it was sent later than now: another clock is not this one.
  const members: Members = [["age", String(Math.max(0, format.now - event.originServerTs))]];
  if (transactionId !== undefined) members.push(["transaction_id", JSON.stringify(transactionId)]);
  if (previousContent !== undefined) members.push(["prev_content", previousContent]);
  if (event.replaces !== undefined) members.push(["replaces_state", JSON.stringify(event.replaces)]);
  if (redactedBecause) members.push(["redacted_because", eventText(redactedBecause, format)]);
  if (strippedState) {
    const { membership, events } = strippedState;
    members.push([`${membership}_room_state`, arrayText(events.map(strippedEventText))]);
  }
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
