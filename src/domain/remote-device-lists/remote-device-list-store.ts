import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { CrossSigningUsage } from "../../protocol/keys/cross-signing-key.ts";

/** The device list of another server's user, as it is known here. Times are ms since the epoch. */
export interface RemoteDeviceList {
  readonly userId: UserId;
  /** `undefined` before it was first fetched. */
  readonly streamId: number | undefined;
  /** Whether all that its server has told of it was taken, and nothing speaks against it. */
  readonly isFresh: boolean;
  /**
   * Until when its server has said that it tells of changes; `undefined` where it has not. Of a list that was given up:
   * until when it is left alone.
   */
  readonly followedUntil: number | undefined;
  /** To fetch it, in vain, one after another. */
  readonly attempts: number;
  /** `undefined` while there is nothing to fetch, or no hope. */
  readonly nextResyncAt: number | undefined;
  /** When somebody here needed it last: about, and never later than that. */
  readonly usedAt: number;
}

/** Keys of another server's user, with `unsigned` and the signatures that everybody may see (rules Q2, Q3). */
export interface RemoteDeviceKeys {
  readonly deviceId: DeviceId;
  readonly ed25519: string | undefined;
  /** JSON text as it is served. */
  readonly rendered: string;
}

export interface RemoteCrossSigningKey {
  readonly usage: Exclude<CrossSigningUsage, "user_signing">;
  readonly publicKey: string;
  /** JSON text as it is served. */
  readonly rendered: string;
}

export interface RemoteUserKeys {
  readonly devices: readonly RemoteDeviceKeys[];
  readonly crossSigningKeys: readonly RemoteCrossSigningKey[];
}

/** Device lists of other servers' users that somebody here hears of. */
export interface RemoteDeviceListStore {
  findList(userId: UserId): Promise<RemoteDeviceList | undefined>;
  listLists(userIds: readonly UserId[]): Promise<RemoteDeviceList[]>;
  /** Up to `most` lists of a server; that stands for "so many or more". */
  countLists(server: ServerName, most: number): Promise<number>;
  /** Adds a list, or puts what is known of it in the place of the one before, but for `usedAt`. Its keys stay. */
  put(list: RemoteDeviceList): Promise<void>;
  /** Those that are to be fetched by now, the most overdue first; without those of the servers of `except`. */
  listDue(now: number, limit: number, except: readonly ServerName[]): Promise<RemoteDeviceList[]>;
  /** When the next one is to be fetched; `undefined` where none is. */
  findNextResync(): Promise<number | undefined>;
  /**
   * Lists of a server that are to be fetched later because it was tried in vain (`attempts` is not 0) are to be fetched by
   * `now`; how many they were. Those that are to be fetched later for other reasons stay as they are.
   */
  hasten(server: ServerName, now: number): Promise<number>;
  /** Nothing is known to be fresh any more: all lists that were are to be fetched at once. */
  markAllStale(): Promise<void>;
  /** Those of these that are kept are needed. */
  markUsed(userIds: readonly UserId[], usedAt: number): Promise<void>;
  /** Those that were needed last before a time, the longest unused first. */
  listUnused(before: number, limit: number): Promise<UserId[]>;
  /** Removes lists with their keys. */
  remove(userIds: readonly UserId[]): Promise<void>;
  /** Keys of these users, in the order of their ids; who is unknown is missing. */
  listKeys(userIds: readonly UserId[]): Promise<ReadonlyMap<UserId, RemoteUserKeys>>;
  findDevice(userId: UserId, deviceId: DeviceId): Promise<RemoteDeviceKeys | undefined>;
  /** Puts these in the place of all keys of the user. */
  replaceKeys(userId: UserId, keys: RemoteUserKeys): Promise<void>;
  countDevices(userId: UserId): Promise<number>;
  putDevice(userId: UserId, device: RemoteDeviceKeys): Promise<void>;
  removeDevice(userId: UserId, deviceId: DeviceId): Promise<void>;
  putCrossSigningKey(userId: UserId, key: RemoteCrossSigningKey): Promise<void>;
}
