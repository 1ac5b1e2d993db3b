import type { DeviceOwner } from "../../../domain/kernel/requester.ts";
import type { KeySet, KeyUpload, SessionName } from "../../../domain/key-backup/key-backup-store.ts";
import type { WantedKey } from "../../../domain/one-time-keys/one-time-key-store.ts";
import type { StreamValue } from "../stream-buffer.ts";
import type { HeardRow } from "./device-list-statements.ts";
import type { RelationStatements } from "./relation-statements.ts";
import type {
  EventStatements,
  MembershipStatements,
  RoomStatements,
  RoomStateStatements,
  SentEventStatements,
} from "./room-statements.ts";
import type { RoomSyncStatements } from "./room-sync-statements.ts";

export interface AccessTokenRow {
  readonly user_id: string;
  readonly device_id: string;
  readonly expires_at: number | null;
  /** Not null until the token is first used, where it was had by refreshing. */
  readonly predecessor_digest: Buffer | null;
}

export interface PoolKeyRow {
  readonly key_id: string;
  readonly digest: Buffer;
  readonly json: string;
}

export interface NewOneTimeKeyRow {
  readonly algorithm: string;
  readonly digest: Buffer;
  readonly key_id: string;
  readonly json: string;
}

export interface RenderedKeyRow {
  readonly user_id: string;
  /** The device id, or a cross-signing key's usage. */
  readonly name: string;
  readonly rendered: string;
}

export interface InboxRow {
  readonly position: number;
  readonly sender: string;
  readonly type: string;
  readonly content: string;
}

export interface NewInboxRow extends Omit<InboxRow, "position"> {
  readonly position: StreamValue;
}

/** The statements of the hot paths, prepared once. One implementation per engine; no builder in between. */
export type HotStatements = RequesterStatements &
  AppserviceStatements &
  ClaimStatements &
  DeviceChangeStatements &
  EventStatements &
  FederationStatements &
  KeyBackupStatements &
  MembershipStatements &
  QueryStatements &
  RelationStatements &
  RemoteDeviceListStatements &
  RoomStatements &
  RoomStateStatements &
  RoomSyncStatements &
  SendingStatements &
  SentEventStatements &
  SyncStatements &
  UploadStatements;

/** Who makes a request, and whether its device is still there. */
export interface RequesterStatements {
  findAccessToken(digest: Buffer): Promise<AccessTokenRow | undefined>;
  hasDevice(owner: DeviceOwner): Promise<boolean>;
}

export interface IssuedKeyRow {
  readonly key_id: string;
  readonly json: string;
}

export interface FallbackKeyRow extends IssuedKeyRow {
  /** 1 when somebody has been given it before. */
  readonly used: number;
}

export interface ClaimStatements {
  /** In the order of `wanted`: the key of the pool that was uploaded first; it leaves the pool and stays remembered. */
  takeOneTimeKeys(wanted: readonly WantedKey[]): Promise<(IssuedKeyRow | undefined)[]>;
  findFallbackKey(owner: DeviceOwner, algorithm: string): Promise<FallbackKeyRow | undefined>;
  /** In the order of `wanted`: the fallback keys as they were, which are used afterwards. */
  useFallbackKeys(wanted: readonly WantedKey[]): Promise<(FallbackKeyRow | undefined)[]>;
}

export interface UploadStatements {
  listPoolKeys(owner: DeviceOwner, keyIds: readonly string[]): Promise<PoolKeyRow[]>;
  /** Which of these digests are remembered. */
  listKnownDigests(owner: DeviceOwner, keys: readonly { algorithm: string; digest: Buffer }[]): Promise<Buffer[]>;
  /** Resolves to the upload order of the last of them. */
  insertOneTimeKeys(owner: DeviceOwner, keys: readonly NewOneTimeKeyRow[]): Promise<number>;
  /** Forgets all but the newest `kept` issued keys of each of these algorithms. */
  forgetIssued(owner: DeviceOwner, algorithms: readonly string[], kept: number): Promise<void>;
}

export interface QueryStatements {
  /** All device keys of these users, by user and device id. */
  listDeviceKeys(userIds: readonly string[]): Promise<RenderedKeyRow[]>;
  listCrossSigningKeys(userIds: readonly string[]): Promise<RenderedKeyRow[]>;
}

/** What a message to devices asks before it is delivered. */
export interface SendingStatements {
  /** False when the transaction was remembered already. */
  rememberTransaction(sender: DeviceOwner, eventType: string, transactionId: string, sentAt: number): Promise<boolean>;
  listDeviceIds(userId: string): Promise<string[]>;
  areAcquainted(userId: string, other: string): Promise<boolean>;
}

export interface NewAppserviceMessageRow extends NewInboxRow {
  readonly appservice_id: string;
  readonly user_id: string;
  readonly device_id: string;
  readonly queued_at: number;
}

/** What is written for appservices on the way of a message or a claim, and how a note is taken back. */
export interface AppserviceStatements {
  queueForAppservice(message: NewAppserviceMessageRow): Promise<void>;
  noteCounts(appserviceId: string, owners: readonly DeviceOwner[], notedAt: number): Promise<void>;
  /** Removes the notes of these devices, but for those that a unit under way relies on. */
  removeCountNotes(appserviceId: string, owners: readonly DeviceOwner[]): Promise<void>;
}

export interface SyncStatements {
  findStreamPosition(): Promise<number>;
  countPool(owner: DeviceOwner): Promise<{ algorithm: string; count: number }[]>;
  listUnusedFallbackAlgorithms(owner: DeviceOwner): Promise<string[]>;
  /** The first `limit` messages after a position, in order. */
  listInbox(owner: DeviceOwner, after: number, limit: number): Promise<InboxRow[]>;
  hasInboxUpTo(owner: DeviceOwner, upTo: number): Promise<boolean>;
  deliver(recipient: DeviceOwner, message: NewInboxRow): Promise<void>;
  listAccountData(userId: string, since: number): Promise<{ type: string; content: string }[]>;
  findAccountData(userId: string, type: string): Promise<string | undefined>;
  /** What a user hears of others' device lists since a position, as long as that is recent. */
  listRecentChanges(userId: string, since: number): Promise<HeardRow[]>;
}

export interface ServerKeyRow {
  readonly key_id: string;
  readonly public_key: string;
  readonly valid_until: number;
  readonly expired_at: number | null;
  readonly fetched_at: number;
}

export interface NewServerMessageRow {
  readonly destination: string;
  readonly position: StreamValue;
  readonly edu: string;
  readonly queued_at: number;
}

/** What a message from or to another server asks and writes on its way. */
export interface FederationStatements {
  findServerKey(server: string, keyId: string): Promise<ServerKeyRow | undefined>;
  /** How many EDUs of a transaction were done. */
  findDone(origin: string, transactionId: string): Promise<number | undefined>;
  /** False when the message was remembered already. */
  rememberMessage(origin: string, messageId: string, receivedAt: number): Promise<boolean>;
  queueForServer(message: NewServerMessageRow): Promise<void>;
  /** Forgets up to `limit` messages queued before a time, but for those that a unit under way removes. */
  forgetServerMessages(before: number, limit: number): Promise<number>;
  /** As `forgetServerMessages`, all but the newest `kept` of a destination. */
  forgetOldestServerMessages(destination: string, kept: number): Promise<number>;
}

export interface DeviceChangeRow {
  readonly destinations: readonly string[];
  readonly user_id: string;
  readonly device_id: string;
  readonly position: StreamValue;
}

/** Who hears of a local user's devices, and what waits to be told. */
export interface DeviceChangeStatements {
  /** Server names, in order. */
  listListeningServers(userId: string): Promise<string[]>;
  findHeardAt(userId: string, server: string): Promise<number | undefined>;
  /** Removes who was last heard of before a time, and what they were told and are to be told. */
  forgetListeners(before: number): Promise<void>;
  /** Puts a change in the place of those before it. */
  noteDeviceChange(change: DeviceChangeRow): Promise<void>;
  /** Removes the changes up to a position, of one user or of all, but for those that a unit under way removes. */
  removeDeviceChanges(destination: string, upTo: number, userId: string | undefined): Promise<void>;
}

export interface RemoteListRow {
  readonly user_id: string;
  readonly stream_id: number | null;
  readonly is_fresh: number;
  readonly followed_until: number | null;
  readonly attempts: number;
  readonly next_resync_at: number | null;
  readonly used_at: number;
}

export interface RemoteDeviceKeyRow {
  readonly user_id: string;
  readonly device_id: string;
  readonly ed25519: string | null;
  readonly rendered: string;
}

export interface RemoteCrossSigningKeyRow {
  readonly user_id: string;
  readonly usage: string;
  readonly public_key: string;
  readonly rendered: string;
}

/** What a query of other servers' users stands on. */
export interface RemoteDeviceListStatements {
  listRemoteLists(userIds: readonly string[]): Promise<RemoteListRow[]>;
  /** By user and device id. */
  listRemoteDeviceKeys(userIds: readonly string[]): Promise<RemoteDeviceKeyRow[]>;
  listRemoteCrossSigningKeys(userIds: readonly string[]): Promise<RemoteCrossSigningKeyRow[]>;
}

export interface KeyRankRow {
  readonly is_verified: number;
  readonly first_message_index: number;
  readonly forwarded_count: number;
}

export interface BackedUpKeyRow extends KeyRankRow {
  readonly room_id: string;
  readonly session_id: string;
  readonly session_data: string;
}

/** What an upload to a key backup stands on: it may have some ten thousand keys. */
export interface KeyBackupStatements {
  /** In the order of `sessions`. */
  listKeyRanks(keys: KeySet, sessions: readonly SessionName[]): Promise<(KeyRankRow | undefined)[]>;
  putBackedUpKeys(keys: KeySet, rows: readonly BackedUpKeyRow[], upload: KeyUpload): Promise<void>;
}
