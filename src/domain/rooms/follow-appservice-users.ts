import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { AppserviceMemberStore } from "../appservices/appservice-member-store.ts";
import type { Appservices } from "../appservices/appservices.ts";
import type { MembershipChange } from "./event-store.ts";
import type { Membership } from "./membership-store.ts";

/** Inside a unit that has the room exclusively: what appservices hear of a room follows where their users are. */
export async function followAppserviceUsers(
  store: AppserviceMemberStore,
  appservices: Appservices,
  roomId: RoomId,
  { userId, before, after }: MembershipChange,
): Promise<void> {
  if (isThere(before) === isThere(after)) return;
  for (const { id, receivesTransactions } of appservices.interestedIn(userId)) {
    if (!receivesTransactions) continue;
    if (isThere(after)) await store.begin(id, { userId, roomId });
    else await store.end(id, { userId, roomId });
  }
}

function isThere(membership: Membership | undefined): boolean {
  return membership === "join" || membership === "invite";
}
