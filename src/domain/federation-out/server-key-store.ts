import type { ServerName } from "../../protocol/identifiers/server-name.ts";

/** A key of another server. */
export interface ServerKey {
  readonly keyId: string;
  /** Unpadded base64 of 32 bytes. */
  readonly publicKey: string;
  /** Until when requests signed with it are taken: ms since the epoch, as the next. */
  readonly validUntil: number;
  /** Since when its server signs with it no more; `undefined` while it does. */
  readonly expiredAt: number | undefined;
}

export interface StoredServerKey extends ServerKey {
  readonly fetchedAt: number;
}

/** What a server has said last of its keys. */
export interface StoredKeysObject {
  /** With its server's signatures: JSON text. */
  readonly json: string;
  /** Until when any of its keys in use is taken: ms since the epoch, as the next. */
  readonly validUntil: number;
  readonly fetchedAt: number;
}

/** When a server's keys were fetched last. */
export interface FetchedServer {
  readonly server: ServerName;
  /** Ms since the epoch. */
  readonly fetchedAt: number;
}

/** Keys of other servers, and of each server the object that has vouched for them last. A server with keys has an object. */
export interface ServerKeyStore {
  findKey(server: ServerName, keyId: string): Promise<StoredServerKey | undefined>;
  /** By key id. */
  listKeys(server: ServerName): Promise<StoredServerKey[]>;
  findObject(server: ServerName): Promise<StoredKeysObject | undefined>;
  /** Adds keys, and replaces those of the same ids. */
  putKeys(server: ServerName, keys: readonly StoredServerKey[]): Promise<void>;
  removeKeys(server: ServerName, keyIds: readonly string[]): Promise<void>;
  putObject(server: ServerName, object: StoredKeysObject): Promise<void>;
  /** Up to `limit` servers whose object was valid until a time before `time`. */
  listServersInvalidBefore(time: number, limit: number): Promise<FetchedServer[]>;
  /** Up to `limit` servers beyond those `kept` whose keys were fetched last. */
  listServersBeyond(kept: number, limit: number): Promise<FetchedServer[]>;
  /** Removes a server with its keys, unless they were fetched again since. */
  forget(server: FetchedServer): Promise<void>;
}
