import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";

/** The keys of one backup. Those of a backup whose keys were all deleted are another set afterwards. */
export interface KeySet {
  readonly userId: UserId;
  readonly setId: number;
}

/** One version of a user's key backup. */
export interface Backup {
  readonly version: number;
  readonly algorithm: string;
  /** JSON text. */
  readonly authData: string;
  readonly keys: KeySet;
  /** How many keys there are. */
  readonly count: number;
  /** Another one after each change of the keys. */
  readonly etag: string;
}

/** The Megolm session that a key is of. */
export interface SessionName {
  readonly roomId: RoomId;
  readonly sessionId: string;
}

/** By what of two keys of one session the better one is found. */
export interface KeyRank {
  readonly isVerified: boolean;
  readonly firstMessageIndex: number;
  readonly forwardedCount: number;
}

export interface BackedUpKey extends SessionName, KeyRank {
  /** JSON text, as the client encrypted it. */
  readonly sessionData: string;
}

/** Who uploads keys, and when (ms since the epoch). */
export interface KeyUpload {
  /** Absent for an appservice without a device. */
  readonly deviceId: DeviceId | undefined;
  readonly at: number;
}

/**
 * Key backups. Who changes one holds its user's name exclusively.
 *
 * The keys of a deleted backup are out of reach at once; as there may be very many of them, their rows are removed
 * later, a portion at a time.
 */
export interface KeyBackupStore {
  /** The highest version that was ever given, also when it is deleted; 0 before the first. */
  findLastVersion(userId: UserId): Promise<number>;
  findBackup(userId: UserId, version: number): Promise<Backup | undefined>;
  /** The one with the highest version. */
  findNewest(userId: UserId): Promise<Backup | undefined>;
  countBackups(userId: UserId): Promise<number>;
  /** The keys of all backups of a user. */
  countKeys(userId: UserId): Promise<number>;
  /** Adds a backup without keys; `version` is above `findLastVersion`. */
  addBackup(userId: UserId, backup: Pick<Backup, "version" | "algorithm" | "authData" | "etag">): Promise<void>;
  putAuthData(userId: UserId, version: number, authData: string): Promise<void>;
  /** Notes what a change of the keys leaves. */
  putState(userId: UserId, version: number, state: Pick<Backup, "count" | "etag">): Promise<void>;
  /** Removes a backup with its keys; says whether it was there. */
  removeBackup(userId: UserId, version: number): Promise<boolean>;
  /** Removes all keys of a backup: it has another, empty set of keys then, and no key is counted. */
  removeAllKeys(userId: UserId, version: number): Promise<void>;
  /** Removes the user's backups, keys and version numbers. */
  removeAll(userId: UserId): Promise<void>;

  /** In the order of `sessions`: how good the stored key of each is. May be asked for some ten thousand. */
  listRanks(keys: KeySet, sessions: readonly SessionName[]): Promise<(KeyRank | undefined)[]>;
  /** Stores keys of different sessions, some ten thousand at most, in the place of those that are there. */
  putKeys(keys: KeySet, added: readonly BackedUpKey[], upload: KeyUpload): Promise<void>;
  findKey(keys: KeySet, session: SessionName): Promise<BackedUpKey | undefined>;
  /** The first `limit` keys after a session, or from the first on, in the order of room and session ids. */
  listKeys(keys: KeySet, after: SessionName | undefined, limit: number): Promise<BackedUpKey[]>;
  /** As `listKeys`, of one room. */
  listKeysOfRoom(keys: KeySet, roomId: RoomId, after: string | undefined, limit: number): Promise<BackedUpKey[]>;
  /** Says whether there was one. */
  removeKey(keys: KeySet, session: SessionName): Promise<boolean>;
  /** Removes up to `limit` keys of a room; resolves to how many. */
  removeKeysOfRoom(keys: KeySet, roomId: RoomId, limit: number): Promise<number>;
  /** Removes up to `limit` rows of deleted keys; says whether there may be more. */
  removeDeletedKeys(limit: number): Promise<boolean>;
}
