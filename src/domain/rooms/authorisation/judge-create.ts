import { findRoomVersion, type RoomVersion } from "../../../protocol/events/room-version.ts";
import { parseUserId, serverNameOf } from "../../../protocol/identifiers/user-id.ts";
import type { JsonValue } from "../../../protocol/json.ts";
import type { JudgedEvent, Refusal } from "./auth-event.ts";

/** Rule 1; its numbers are the same in all versions, but 1.4 says something else in each. */
export function judgeCreate(version: RoomVersion, event: JudgedEvent): Refusal | undefined {
  const { content, prevEvents } = event;
  // 1.1
  if (prevEvents.length > 0) return { rule: "1.1", reason: "An m.room.create event can only be the first one" };
  // 1.2
  const wrongRoomId = judgeRoomId(version, event);
  if (wrongRoomId !== undefined) return { rule: "1.2", reason: wrongRoomId };
  // 1.3
  if (Object.hasOwn(content, "room_version") && findRoomVersion(content["room_version"]) === undefined) {
    return { rule: "1.3", reason: "The room version is not known" };
  }
  // 1.4 of version 10
  if (version.creatorInContent && !Object.hasOwn(content, "creator")) {
    return { rule: "1.4", reason: "content.creator is missing" };
  }
  // 1.4 of version 12
  const hasMore = version.privilegedCreators && Object.hasOwn(content, "additional_creators");
  if (hasMore && !isListOfUsers(content["additional_creators"])) {
    return { rule: "1.4", reason: "content.additional_creators is not a list of user IDs" };
  }
  return undefined;
}

function judgeRoomId(version: RoomVersion, { roomId, sender }: JudgedEvent): string | undefined {
  if (version.roomIdIsHash) return roomId === undefined ? undefined : "An m.room.create event has no room_id";
  const colon = roomId?.indexOf(":") ?? -1;
  const domain = colon === -1 ? undefined : roomId?.slice(colon + 1);
  return domain === serverNameOf(sender) ? undefined : "The room's id is not of its creator's server";
}

function isListOfUsers(value: JsonValue | undefined): boolean {
  return Array.isArray(value) && value.every((userId) => parseUserId(userId) !== undefined);
}
