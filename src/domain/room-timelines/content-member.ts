import type { JsonObject } from "../../protocol/json.ts";
import type { NewEvent } from "../rooms/event-store.ts";
import { relationOf } from "../rooms/relation-of.ts";
import type { RoomEvent } from "../rooms/room-event.ts";

/** Whether an event's content has a member. Most have not, which their text tells without being parsed. */
export function hasContentMember({ content }: RoomEvent, name: string): boolean {
  return content.includes(`"${name}"`) && Object.hasOwn(JSON.parse(content) as JsonObject, name);
}

/** What an event relates to. */
export function relationIn(event: RoomEvent): NewEvent["relation"] {
  return hasContentMember(event, "m.relates_to") ? relationOf(JSON.parse(event.content) as JsonObject) : undefined;
}
