import { requireRoomId } from "../../protocol/identifiers/room-id.ts";
import type { Random } from "../kernel/random.ts";
import type { Requester } from "../kernel/requester.ts";
import { type ChangeBackupDeps, changeBackups, type KeyState, newEtag } from "./change-backup.ts";
import { requireBackup } from "./find-backup.ts";
import type { Backup, KeyBackupStore } from "./key-backup-store.ts";

export interface DeleteRoomKeysDeps extends ChangeBackupDeps {
  readonly random: Random;
}

/** Keys that one unit removes: a room may have more than anybody should wait for. */
const portion = 500;

/**
 * Deletes the keys of a backup. What is not there is deleted.
 * @throws MatrixError 404 `M_NOT_FOUND` for the version
 */
export function deleteAllRoomKeys(deps: DeleteRoomKeysDeps, requester: Requester, version: string): Promise<KeyState> {
  return changeBackups(deps, requester, async ({ keyBackups }) => {
    const backup = await requireBackup(keyBackups, requester.userId, version);
    if (backup.count === 0) return backup;
    await keyBackups.removeAllKeys(requester.userId, backup.version);
    return noteRemoved(deps, keyBackups, requester, backup, backup.count);
  });
}

/**
 * Deletes the keys of a room: count and etag are right after each portion, and in the end no key of it is left.
 * @throws MatrixError 404 `M_NOT_FOUND` for the version, `M_INVALID_PARAM` for the room
 */
export async function deleteKeysOfRoom(
  deps: DeleteRoomKeysDeps,
  requester: Requester,
  request: { readonly version: string; readonly roomId: string },
): Promise<KeyState> {
  const roomId = requireRoomId(request.roomId, "The room id");
  for (;;) {
    const { removed, state } = await changeBackups(deps, requester, async ({ keyBackups }) => {
      const backup = await requireBackup(keyBackups, requester.userId, request.version);
      const removed = await keyBackups.removeKeysOfRoom(backup.keys, roomId, portion);
      return { removed, state: await noteRemoved(deps, keyBackups, requester, backup, removed) };
    });
    if (removed < portion) return state;
  }
}

/** @throws MatrixError 404 `M_NOT_FOUND` for the version, `M_INVALID_PARAM` for the room */
export async function deleteRoomKey(
  deps: DeleteRoomKeysDeps,
  requester: Requester,
  request: { readonly version: string; readonly roomId: string; readonly sessionId: string },
): Promise<KeyState> {
  const roomId = requireRoomId(request.roomId, "The room id");
  return changeBackups(deps, requester, async ({ keyBackups }) => {
    const backup = await requireBackup(keyBackups, requester.userId, request.version);
    const removed = await keyBackups.removeKey(backup.keys, { roomId, sessionId: request.sessionId });
    return noteRemoved(deps, keyBackups, requester, backup, removed ? 1 : 0);
  });
}

async function noteRemoved(
  { random }: DeleteRoomKeysDeps,
  keyBackups: KeyBackupStore,
  { userId }: Requester,
  backup: Backup,
  removed: number,
): Promise<KeyState> {
  if (removed === 0) return backup;
  const state = { count: backup.count - removed, etag: newEtag(random) };
  await keyBackups.putState(userId, backup.version, state);
  return state;
}
