import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import { requireRoomId } from "../../protocol/identifiers/room-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Reading, Snapshots } from "../kernel/unit-of-work.ts";
import { requireBackup } from "./find-backup.ts";
import type { BackedUpKey, KeyBackupStore, KeySet } from "./key-backup-store.ts";

export interface ReadRoomKeysDeps {
  readonly snapshots: Snapshots<{ keyBackups: KeyBackupStore }>;
}

/** Keys that are read at once: a page of the longest ones has four megabytes. */
const pageSize = 64;

/**
 * The keys of a backup, or those of one room, in the order of room and session ids: page by page, so that what is in
 * memory does not grow with what there is.
 *
 * Each page is a read of its own. Every key that was there before the first page was read, and that is not deleted
 * before the last, is in one of them, once, as it is when its page is read. Of what is stored meanwhile some is in, and
 * some is not.
 *
 * @throws MatrixError 404 `M_NOT_FOUND` for the version, `M_INVALID_PARAM` for the room; what reading a page throws
 */
export async function readRoomKeys(
  { snapshots }: ReadRoomKeysDeps,
  { userId }: Requester,
  request: { readonly version: string; readonly roomId?: string },
): Promise<AsyncIterable<readonly BackedUpKey[]>> {
  const { version, roomId } = request;
  const room = roomId === undefined ? undefined : requireRoomId(roomId, "The room id");
  const first = await snapshots.read(async ({ keyBackups }) => {
    const { keys } = await requireBackup(keyBackups, userId, version);
    return { keys, page: await pageAfter(keyBackups, keys, room, undefined) };
  });
  return pagesFrom(first.page, (last) => {
    return snapshots.ask(({ keyBackups }) => pageAfter(keyBackups, first.keys, room, last));
  });
}

/**
 * @throws MatrixError 404 `M_NOT_FOUND` for the version and for the key
 */
export async function readRoomKey(
  { snapshots }: ReadRoomKeysDeps,
  { userId }: Requester,
  request: { readonly version: string; readonly roomId: string; readonly sessionId: string },
): Promise<BackedUpKey> {
  const { version, sessionId } = request;
  const roomId = requireRoomId(request.roomId, "The room id");
  const key = await snapshots.read(async ({ keyBackups }) => {
    const { keys } = await requireBackup(keyBackups, userId, version);
    return keyBackups.findKey(keys, { roomId, sessionId });
  });
  if (!key) throw new MatrixError("M_NOT_FOUND", "There is no key of this session in the backup");
  return key;
}

async function* pagesFrom(
  first: readonly BackedUpKey[],
  next: (last: BackedUpKey) => Promise<readonly BackedUpKey[]>,
): AsyncIterable<readonly BackedUpKey[]> {
  for (let page = first; ; ) {
    const last = page.at(-1);
    if (last) yield page;
    if (!last || page.length < pageSize) return;
    page = await next(last);
  }
}

function pageAfter(
  keyBackups: Reading<KeyBackupStore>,
  keys: KeySet,
  roomId: RoomId | undefined,
  last: BackedUpKey | undefined,
): Promise<BackedUpKey[]> {
  if (roomId === undefined) return keyBackups.listKeys(keys, last, pageSize);
  return keyBackups.listKeysOfRoom(keys, roomId, last?.sessionId, pageSize);
}
