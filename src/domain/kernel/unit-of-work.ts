import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";

/** Of whom something has changed that others wait for: a user, a room, or a server that something is to be sent to. */
export type WakeName = UserId | RoomId | ServerName;

/** No server is named like a user. */
export function isUser(name: WakeName): name is UserId {
  return name.startsWith("@");
}

/** No server is named like a room. */
export function isRoom(name: WakeName): name is RoomId {
  return name.startsWith("!");
}

/** What a unit may ask to happen once its changes are committed, and only then. */
export interface Commit {
  /** Wakes the waiting syncs of these users, and of the users in these rooms, and whoever sends to these servers. */
  wake(...names: WakeName[]): void;
}

/**
 * What a unit decides about, by name, so that no other unit changes it meanwhile, in whatever process. A name is a user
 * id as a rule, for a row belongs to a user. "everything" keeps out all other units that name anything.
 *
 * What a unit changes without having read it, in a single call (taking a key, delivering a message), needs no name.
 */
export type UnitScope = NamedScope | "everything";

export interface NamedScope {
  /** No other unit names these while this one runs. */
  readonly exclusive?: readonly string[];
  /** Other units may share these, but none holds them exclusively while this one runs. */
  readonly shared?: readonly string[];
}

/**
 * The only way to change data. All of `work` is stored, or nothing is: the promise resolves after the commit is
 * durable and rejects when `work` threw or the commit failed. `work` may be run again when the database gave up the
 * first attempt: it changes nothing but its stores.
 *
 * What takes a stream position (a message, a change of a device list, account data) is written at the end of the unit,
 * which does not see it before. `work` awaits nothing but its stores. What is slow (password hashing, another server) happens before it.
 */
export interface UnitOfWork<Stores> {
  run<T>(scope: UnitScope, work: (stores: Stores, commit: Commit) => Promise<T>): Promise<T>;
}

/** The methods of a store that change nothing: those that find one, list many, count, or answer yes or no. */
export type Reading<Store> = {
  [Method in keyof Store as Method extends `find${string}` | `list${string}` | `count${string}` | `has${string}`
    ? Method
    : never]: Store[Method];
};

export type ReadingAll<Stores> = { readonly [Name in keyof Stores]: Reading<Stores[Name]> };

/** Reads outside units: everything that `work` reads is one snapshot of committed data. It awaits nothing else. */
export interface Snapshots<Stores> {
  read<T>(work: (stores: ReadingAll<Stores>) => Promise<T>): Promise<T>;
  /** For a `work` that is one call of one store: it needs no snapshot, and costs less. */
  ask<T>(work: (stores: ReadingAll<Stores>) => Promise<T>): Promise<T>;
}
