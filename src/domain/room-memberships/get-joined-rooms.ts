import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import type { MembershipStore } from "../rooms/membership-store.ts";

export interface GetJoinedRoomsDeps {
  readonly snapshots: Snapshots<{ memberships: MembershipStore }>;
}

/** https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3joined_rooms */
export async function getJoinedRooms(deps: GetJoinedRoomsDeps, { userId }: Requester): Promise<RoomId[]> {
  const joined = await deps.snapshots.ask(({ memberships }) => memberships.listRooms(userId, ["join"]));
  return joined.map(({ roomId }) => roomId);
}
