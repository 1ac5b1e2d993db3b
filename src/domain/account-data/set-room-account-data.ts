import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { type JsonObject, requireStorable } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Requester } from "../kernel/requester.ts";
import type { UnitOfWork } from "../kernel/unit-of-work.ts";
import { requireNotManaged } from "./managed-types.ts";
import type { RoomAccountDataStore } from "./room-account-data-store.ts";
import { requireOwn } from "./set-account-data.ts";

export interface RoomAccountDataStores {
  readonly roomAccountData: RoomAccountDataStore;
  readonly knownDevices: KnownDevices;
}

export interface SetRoomAccountDataDeps {
  readonly unitOfWork: UnitOfWork<RoomAccountDataStores>;
}

/** Types of all rooms of one user together: tags and what was read last are two for each room. */
const mostTypes = 20_000;

/** All of one user's, in bytes: an initial sync sends it at once. */
const mostBytes = 10 * 1024 * 1024;

/**
 * Stores account data of a room; every device of the user hears of it, the one that set it too (rule S5).
 * @throws MatrixError `M_FORBIDDEN` for another user's, `M_BAD_JSON` for a type the server manages or unstorable content,
 * `M_TOO_LARGE`
 */
export async function setRoomAccountData(
  deps: SetRoomAccountDataDeps,
  requester: Requester,
  input: { readonly userId: UserId; readonly roomId: RoomId; readonly type: string; readonly content: JsonObject },
): Promise<void> {
  requireOwn(requester, input.userId);
  requireNotManaged(input.type);
  requireStorable(input.content, "content");
  requireOpaqueText(input.type, "type");
  await changeRoomAccountData(deps, requester, input.roomId, input.type, () => input.content);
}

/**
 * Replaces the content of one type of the requester's by what follows from it, in one unit.
 * @param change given what is there, `undefined` where there is nothing; what it answers `undefined` to stays as it is
 */
export async function changeRoomAccountData(
  deps: SetRoomAccountDataDeps,
  requester: Requester,
  roomId: RoomId,
  type: string,
  change: (content: JsonObject | undefined) => JsonObject | undefined,
): Promise<void> {
  const { userId } = requester;
  await deps.unitOfWork.run({ exclusive: [userId] }, async ({ roomAccountData, knownDevices }, commit) => {
    await requireRequestingDevice({ knownDevices }, requester);
    const before = await roomAccountData.findContent(userId, roomId, type);
    const content = change(before === undefined ? undefined : (JSON.parse(before) as JsonObject));
    if (content === undefined) return;
    const text = JSON.stringify(content);
    if (before === undefined && (await roomAccountData.countTypes(userId)) >= mostTypes) {
      throw new MatrixError("M_TOO_LARGE", `A user has at most ${mostTypes} types of account data in all rooms`);
    }
    if ((await roomAccountData.countBytesBeside(userId, roomId, type)) + Buffer.byteLength(text) > mostBytes) {
      throw new MatrixError("M_TOO_LARGE", `A user has at most ${mostBytes} bytes of account data in all rooms`);
    }
    await roomAccountData.put(userId, { roomId, type, content: text });
    commit.wake(userId);
  });
}
