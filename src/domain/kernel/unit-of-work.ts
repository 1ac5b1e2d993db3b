import type { UserId } from "../../protocol/identifiers/user-id.ts";

/** What a unit may ask to happen once its changes are committed, and only then. */
export interface Commit {
  /** Wakes the waiting syncs of these users. */
  wake(...userIds: UserId[]): void;
}

/**
 * The only way to change data. All of `work` is stored, or nothing is: the promise resolves after the commit is
 * durable and rejects when `work` threw or the commit failed.
 *
 * What takes a stream position (a message, a change of a device list, account data) is written at the end of the unit,
 * which does not see it before. `work` awaits nothing but its stores. What is slow (password hashing, another server) happens before it.
 */
export interface UnitOfWork<Stores> {
  run<T>(work: (stores: Stores, commit: Commit) => Promise<T>): Promise<T>;
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
}
