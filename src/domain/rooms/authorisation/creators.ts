import type { RoomVersion } from "../../../protocol/events/room-version.ts";
import type { JsonValue } from "../../../protocol/json.ts";
import type { AuthEvent } from "./auth-event.ts";

/** The user who made the room, by its `m.room.create`. */
export function creatorOf(version: RoomVersion, create: AuthEvent): JsonValue | undefined {
  return version.creatorInContent ? create.content["creator"] : create.sender;
}

/** The users who stand above all power levels: https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules */
export function privilegedCreators(version: RoomVersion, create: AuthEvent | undefined): JsonValue[] {
  if (!version.privilegedCreators || create === undefined) return [];
  const { additional_creators: additional } = create.content;
  return Array.isArray(additional) ? [create.sender, ...additional] : [create.sender];
}
