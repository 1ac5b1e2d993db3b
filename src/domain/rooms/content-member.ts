import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Relation } from "./event-store.ts";
import { relationOf } from "./relation-of.ts";
import type { RoomEvent } from "./room-event.ts";

/** Whether the content of an event, or of account data, has a member. Most have not, which their text tells without being parsed. */
export function hasContentMember({ content }: { readonly content: string }, name: string): boolean {
  return content.includes(`"${name}"`) && Object.hasOwn(JSON.parse(content) as JsonObject, name);
}

/** What an event relates to. */
export function relationIn(event: RoomEvent): Relation | undefined {
  return hasContentMember(event, "m.relates_to") ? relationOf(JSON.parse(event.content) as JsonObject) : undefined;
}

/** The root of the thread that an event says it is of. https://spec.matrix.org/v1.19/client-server-api/#threading */
export function threadRootIn(event: RoomEvent): EventId | undefined {
  const relation = relationIn(event);
  return relation?.relType === "m.thread" ? relation.parentId : undefined;
}
