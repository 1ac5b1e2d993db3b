import type { RoomAlias } from "../../protocol/identifiers/room-alias.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import type { ReadingAll, Snapshots } from "../kernel/unit-of-work.ts";
import type { MembershipStore } from "../rooms/membership-store.ts";
import type { RoomStateStore } from "../rooms/room-state-store.ts";
import { historyVisibilityOf } from "../rooms/visibility/standings.ts";
import type { RoomAliasStore } from "./room-alias-store.ts";

interface AliasReadingStores {
  readonly memberships: MembershipStore;
  readonly roomState: RoomStateStore;
  readonly roomAliases: RoomAliasStore;
}

export interface GetLocalAliasesDeps {
  readonly snapshots: Snapshots<AliasReadingStores>;
}

/**
 * A room's aliases of this server, for its members, and for everybody when its history is the world's.
 * @throws MatrixError `M_FORBIDDEN`, be there such a room or not
 */
export function getLocalAliases(
  deps: GetLocalAliasesDeps,
  { userId }: Requester,
  roomId: RoomId,
): Promise<RoomAlias[]> {
  return deps.snapshots.read(async (stores) => {
    const member = await stores.memberships.findMember(userId, roomId);
    if (member?.membership === "join" || (await isWorldReadable(stores, roomId))) {
      return stores.roomAliases.listAliases(roomId);
    }
    throw new MatrixError("M_FORBIDDEN", "You are not in this room");
  });
}

async function isWorldReadable({ roomState }: ReadingAll<AliasReadingStores>, roomId: RoomId): Promise<boolean> {
  const [event] = await roomState.listCurrent(roomId, [["m.room.history_visibility", ""]]);
  return event !== undefined && historyVisibilityOf(JSON.parse(event.content) as JsonObject) === "world_readable";
}
