import { isOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import type { RoomAccountDataStore } from "./room-account-data-store.ts";
import { requireOwn } from "./set-account-data.ts";

export interface GetRoomAccountDataDeps {
  readonly snapshots: Snapshots<{ roomAccountData: RoomAccountDataStore }>;
}

/**
 * The content of one type in one room, as JSON text.
 * @throws MatrixError `M_FORBIDDEN` for another user's, `M_NOT_FOUND` when it was never set
 */
export async function getRoomAccountData(
  deps: GetRoomAccountDataDeps,
  requester: Requester,
  { userId, roomId, type }: { readonly userId: UserId; readonly roomId: RoomId; readonly type: string },
): Promise<string> {
  requireOwn(requester, userId);
  const content = isOpaqueText(type)
    ? await deps.snapshots.ask((stores) => stores.roomAccountData.findContent(userId, roomId, type))
    : undefined;
  if (content === undefined) throw new MatrixError("M_NOT_FOUND", `There is no account data of type ${type} here`);
  return content;
}
