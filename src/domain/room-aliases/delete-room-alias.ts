import { type RoomAlias, serverNameOfAlias } from "../../protocol/identifiers/room-alias.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import { type InRoomDeps, inRoom } from "../rooms/in-room.ts";
import { isJoined, readRoomPowers } from "../rooms/room-powers.ts";
import type { RoomWriter, RoomWritingStores } from "../rooms/room-writer.ts";
import { unknownAlias } from "./find-room-by-alias.ts";
import type { RoomAliasStore } from "./room-alias-store.ts";
import { withoutAlias } from "./without-alias.ts";

interface RemovingStores extends RoomWritingStores {
  readonly knownDevices: KnownDevices;
  readonly roomAliases: RoomAliasStore;
}

export interface DeleteRoomAliasDeps extends InRoomDeps<RemovingStores> {
  readonly snapshots: Snapshots<RemovingStores>;
}

const canonicalAlias = "m.room.canonical_alias";

/**
 * Removes an alias of this server: for who has made it, and for who may say in its room which aliases it has. The room's
 * `m.room.canonical_alias` loses it too, where the requester may change that.
 *
 * @throws MatrixError `M_NOT_FOUND`, for aliases of other servers too; `M_FORBIDDEN`
 */
export async function deleteRoomAlias(
  deps: DeleteRoomAliasDeps,
  requester: Requester,
  alias: RoomAlias,
): Promise<void> {
  if (serverNameOfAlias(alias) !== deps.serverName) throw unknownAlias();
  const { userId } = requester;
  const found = await deps.snapshots.ask(({ roomAliases }) => roomAliases.findAlias(alias));
  if (!found) throw unknownAlias();
  const { roomId } = found;
  await inRoom(deps, {
    ...{ roomId, shared: [userId], exclusive: [alias] },
    check: (stores) => requireRequestingDevice(stores, requester),
    async act(unit, stores) {
      const entry = await stores.roomAliases.findAlias(alias);
      if (entry?.roomId !== roomId) throw unknownAlias();
      const room = await unit.open();
      const powers = await readRoomPowers(room);
      const mayName = powers.hasForState(userId, canonicalAlias) && (await isJoined(room, userId));
      if (entry.creator !== userId && !mayName) {
        throw new MatrixError("M_FORBIDDEN", "An alias is removed by who made it, or may set the room's aliases");
      }
      await stores.roomAliases.remove(alias);
      if (mayName) await forgetAlias(room, userId, alias);
    },
  });
}

async function forgetAlias(room: RoomWriter, sender: UserId, alias: RoomAlias): Promise<void> {
  const before = (await room.findState(canonicalAlias, ""))?.content;
  const content = before && withoutAlias(before, alias);
  if (content) await room.append({ type: canonicalAlias, stateKey: "", sender, content });
}
