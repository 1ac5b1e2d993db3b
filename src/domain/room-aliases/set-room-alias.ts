import { type RoomAlias, serverNameOfAlias } from "../../protocol/identifiers/room-alias.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Appservices } from "../appservices/appservices.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Requester } from "../kernel/requester.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";

import type { MembershipStore } from "../rooms/membership-store.ts";
import { requireJoined } from "../rooms/require-joined.ts";
import { addRoomAlias } from "./add-room-alias.ts";
import { refuseReservedAlias } from "./refuse-reserved-alias.ts";
import type { RoomAliasStore } from "./room-alias-store.ts";

interface NamingStores {
  readonly knownDevices: KnownDevices;
  readonly memberships: MembershipStore;
  readonly roomAliases: RoomAliasStore;
}

export interface SetRoomAliasDeps {
  readonly unitOfWork: UnitOfWork<NamingStores>;
  readonly appservices: Appservices;
  readonly serverName: ServerName;
  readonly clock: Clock;
}

/**
 * Points a new alias of this server to a room that the requester is in.
 *
 * @returns whether it was free
 * @throws MatrixError `M_INVALID_PARAM` for an alias of another server; `M_EXCLUSIVE`; `M_FORBIDDEN` for who is not in the
 * room, be there such a room or not; `M_RESOURCE_LIMIT_EXCEEDED`
 */
export async function setRoomAlias(
  deps: SetRoomAliasDeps,
  requester: Requester,
  { alias, roomId }: { readonly alias: RoomAlias; readonly roomId: RoomId },
): Promise<boolean> {
  if (serverNameOfAlias(alias) !== deps.serverName) {
    throw new MatrixError("M_INVALID_PARAM", `Aliases are made by the server that they name: #name:${deps.serverName}`);
  }
  refuseReservedAlias(deps.appservices, alias, requester);
  const { userId } = requester;
  return deps.unitOfWork.run({ exclusive: [roomId, alias], shared: [userId] }, async (stores) => {
    await requireRequestingDevice(stores, requester);
    await requireJoined(stores, userId, roomId);
    return addRoomAlias(stores, { alias, roomId, creator: userId }, deps.clock.now());
  });
}
