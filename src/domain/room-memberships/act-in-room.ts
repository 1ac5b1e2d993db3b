import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { ActiveAccounts } from "../authentication/active-accounts.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Requester } from "../kernel/requester.ts";
import type { ProfileStore } from "../profiles/profile-store.ts";
import { type InRoomDeps, inRoom } from "../rooms/in-room.ts";
import type { MembershipStore } from "../rooms/membership-store.ts";
import type { RoomInUnit } from "../rooms/room-in-unit.ts";
import type { RoomWriter, RoomWritingStores } from "../rooms/room-writer.ts";

export interface ActingStores extends RoomWritingStores {
  readonly accounts: ActiveAccounts;
  readonly knownDevices: KnownDevices;
  readonly memberships: MembershipStore;
  readonly profiles: ProfileStore;
}

export type ActingDeps = InRoomDeps<ActingStores>;

/** In what room, and whom it concerns beside the requester. */
export interface ActPlace {
  readonly roomId: RoomId;
  readonly target?: UserId;
}

/** As `inRoom`, for a requester whose device is still there. */
export function actInRoom<T>(
  deps: ActingDeps,
  requester: Requester,
  { roomId, target }: ActPlace,
  act: (room: RoomInUnit, stores: ActingStores) => Promise<T>,
): Promise<T> {
  const shared = target === undefined ? [requester.userId] : [requester.userId, target];
  return inRoom(deps, { roomId, shared, check: (stores) => requireRequestingDevice(stores, requester), act });
}

/**
 * As `actInRoom`, for what only members of the room do.
 * @throws MatrixError `M_FORBIDDEN` for who is not in the room, be there such a room or not
 */
export function actAsMember<T>(
  deps: ActingDeps,
  requester: Requester,
  place: ActPlace,
  act: (room: RoomWriter, stores: ActingStores) => Promise<T>,
): Promise<T> {
  return actInRoom(deps, requester, place, async (room, stores) => act(await room.openFor(requester.userId), stores));
}
