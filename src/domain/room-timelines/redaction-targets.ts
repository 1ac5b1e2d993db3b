import { type EventId, isEventId } from "../../protocol/identifiers/event-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { RoomEvent } from "../rooms/room-event.ts";
import type { RelationStore } from "./relation-store.ts";

/** What the redactions among these events redact: in the content, or before version 11 beside it. */
export async function findRedactionTargets(
  relations: Reading<RelationStore>,
  events: readonly RoomEvent[],
): Promise<Map<EventId, EventId>> {
  const redactions = events.filter(({ type }) => type === "m.room.redaction");
  const targets = new Map<EventId, EventId>();
  for (const { eventId, content } of redactions) {
    const target = (JSON.parse(content) as JsonObject)["redacts"];
    if (isEventId(target)) targets.set(eventId, target);
  }
  const others = redactions.filter(({ eventId }) => !targets.has(eventId)).map(({ eventId }) => eventId);
  if (others.length === 0) return targets;
  return new Map([...targets, ...(await relations.listRedacted(others))]);
}
