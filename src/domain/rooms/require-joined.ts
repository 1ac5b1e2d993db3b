import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { MembershipStore } from "./membership-store.ts";

/** @throws MatrixError `M_FORBIDDEN`, whether there is such a room or not */
export async function requireJoined(
  { memberships }: { readonly memberships: Reading<MembershipStore> },
  userId: UserId,
  roomId: RoomId,
): Promise<void> {
  const member = await memberships.findMember(userId, roomId);
  if (member?.membership !== "join") throw new MatrixError("M_FORBIDDEN", `${userId} is not in this room`);
}
