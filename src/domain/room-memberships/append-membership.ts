import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { membershipOf } from "../rooms/membership-change.ts";
import type { Membership } from "../rooms/membership-store.ts";
import type { RoomWriter } from "../rooms/room-writer.ts";

/** Inside a unit that has the room: how a user stands to it. */
export async function membershipIn(room: RoomWriter, userId: UserId): Promise<Membership | undefined> {
  return membershipOf((await room.findState("m.room.member", userId))?.content);
}

/** Inside a unit that has the room. @throws MatrixError as `RoomWriter.append` */
export async function appendMembership(
  room: RoomWriter,
  sender: UserId,
  userId: UserId,
  content: JsonObject,
): Promise<void> {
  await room.append({ type: "m.room.member", stateKey: userId, sender, content });
}

/** The content of an event that takes a user out of a room. */
export function removalContent(membership: "leave" | "ban", reason: string | undefined): JsonObject {
  return { membership, ...(reason !== undefined && { reason }) };
}
