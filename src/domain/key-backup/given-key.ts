import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import { requireRoomId } from "../../protocol/identifiers/room-id.ts";
import { isJsonObject, type JsonObject, type JsonValue, requireStorable } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { shownText } from "../../protocol/shown-text.ts";
import type { BackedUpKey } from "./key-backup-store.ts";

/** A key as it stands in a request. */
export interface GivenKey {
  readonly roomId: string;
  readonly sessionId: string;
  readonly key: JsonValue | undefined;
}

/** Characters of one: an encrypted Megolm session has some hundreds. */
const longestSessionData = 65_536;

/**
 * The keys of a body `{ "!room": { "sessions": … }, … }`.
 * @throws MatrixError `M_BAD_JSON`, while they are gone through
 */
export function* keysOfRooms(rooms: JsonObject): Iterable<GivenKey> {
  for (const [roomId, room] of Object.entries(rooms)) {
    const sessions = isJsonObject(room) ? room["sessions"] : undefined;
    if (!isJsonObject(sessions))
      throw new MatrixError("M_BAD_JSON", `${shownText(roomId)}: sessions must be an object`);
    yield* keysOfRoom(roomId, sessions);
  }
}

/** The keys of a body `{ "session": …, … }` */
export function* keysOfRoom(roomId: string, sessions: JsonObject): Iterable<GivenKey> {
  for (const [sessionId, key] of Object.entries(sessions)) yield { roomId, sessionId, key };
}

/** @throws MatrixError `M_INVALID_PARAM`, `M_BAD_JSON` naming the member, `M_TOO_LARGE` */
export function parseGivenKey({ roomId, sessionId, key }: GivenKey): BackedUpKey {
  const session = {
    roomId: requireRoomId(roomId, "The room id"),
    sessionId: requireOpaqueText(sessionId, "The session id"),
  };
  const where = shownText(sessionId);
  if (!isJsonObject(key)) throw new MatrixError("M_BAD_JSON", `${where} must be an object`);
  const { is_verified: isVerified, session_data: sessionData } = key;
  if (typeof isVerified !== "boolean") throw new MatrixError("M_BAD_JSON", `${where}: is_verified must be a boolean`);
  return {
    ...session,
    isVerified,
    firstMessageIndex: requireCount(key, "first_message_index", where),
    forwardedCount: requireCount(key, "forwarded_count", where),
    sessionData: sessionDataText(sessionData, where),
  };
}

function requireCount(key: JsonObject, member: string, where: string): number {
  const value = key[member];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new MatrixError("M_BAD_JSON", `${where}: ${member} must be an integer of 0 or more`);
}

function sessionDataText(sessionData: JsonValue | undefined, where: string): string {
  if (!isJsonObject(sessionData)) throw new MatrixError("M_BAD_JSON", `${where}: session_data must be an object`);
  requireStorable(sessionData, `${where}: session_data`);
  const text = JSON.stringify(sessionData);
  if (text.length <= longestSessionData) return text;
  throw new MatrixError("M_TOO_LARGE", `${where}: session_data has more than ${longestSessionData} characters`);
}
