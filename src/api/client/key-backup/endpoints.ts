import { deleteRoomKeyBySessionIdEndpoint } from "./delete-room-key-by-session-id.ts";
import { deleteRoomKeysEndpoint } from "./delete-room-keys.ts";
import { deleteRoomKeysByRoomIdEndpoint } from "./delete-room-keys-by-room-id.ts";
import { deleteRoomKeysVersionEndpoint } from "./delete-room-keys-version.ts";
import { getRoomKeyBySessionIdEndpoint } from "./get-room-key-by-session-id.ts";
import { getRoomKeysEndpoint } from "./get-room-keys.ts";
import { getRoomKeysByRoomIdEndpoint } from "./get-room-keys-by-room-id.ts";
import { getRoomKeysVersionEndpoint } from "./get-room-keys-version.ts";
import { getRoomKeysVersionCurrentEndpoint } from "./get-room-keys-version-current.ts";
import { postRoomKeysVersionEndpoint } from "./post-room-keys-version.ts";
import { putRoomKeyBySessionIdEndpoint } from "./put-room-key-by-session-id.ts";
import { putRoomKeysEndpoint } from "./put-room-keys.ts";
import { putRoomKeysByRoomIdEndpoint } from "./put-room-keys-by-room-id.ts";
import { putRoomKeysVersionEndpoint } from "./put-room-keys-version.ts";

/** Server-side key backups. */
export const keyBackupEndpoints = [
  deleteRoomKeyBySessionIdEndpoint,
  deleteRoomKeysByRoomIdEndpoint,
  deleteRoomKeysVersionEndpoint,
  deleteRoomKeysEndpoint,
  getRoomKeyBySessionIdEndpoint,
  getRoomKeysByRoomIdEndpoint,
  getRoomKeysVersionCurrentEndpoint,
  getRoomKeysVersionEndpoint,
  getRoomKeysEndpoint,
  postRoomKeysVersionEndpoint,
  putRoomKeyBySessionIdEndpoint,
  putRoomKeysByRoomIdEndpoint,
  putRoomKeysVersionEndpoint,
  putRoomKeysEndpoint,
] as const;
