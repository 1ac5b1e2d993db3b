import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";

export interface WaitingEdu {
  readonly position: StreamPosition;
  /** JSON text of the whole EDU. */
  readonly edu: string;
}

/** A device, or where there is none the cross-signing keys of the user, that a server is to be told anew. */
export interface WaitingChange {
  readonly position: StreamPosition;
  readonly userId: UserId;
  readonly deviceId: DeviceId | undefined;
}

/**
 * What waits to be put in other servers' transactions, written in the unit that causes it: messages one by one, and of
 * devices one row for each server and device, however often it changes, for what is told is read when it is told.
 */
export interface FederationQueueStore {
  /** Puts an EDU behind the others for this server; it takes the next stream position at the end of the unit. */
  addMessage(destination: ServerName, edu: string, queuedAt: number): Promise<void>;
  /** The first EDUs in line, in order. */
  listMessages(destination: ServerName, limit: number): Promise<WaitingEdu[]>;
  removeMessagesUpTo(destination: ServerName, position: StreamPosition): Promise<void>;
  /**
   * Notes for each of these servers that it is to be told of a device (`undefined`: the cross-signing keys), at the next
   * stream position, which takes the place of an earlier one.
   */
  noteChange(destinations: readonly ServerName[], userId: UserId, deviceId: DeviceId | undefined): Promise<void>;
  /**
   * Notes one change for each user and server that was told of the user: after a restore from a backup (rule E5) what they
   * were told may not be so any more, and by the gap before the next update they see it.
   */
  noteAllTold(): Promise<void>;
  /** The first changes in line up to a position, in order. */
  listChanges(destination: ServerName, upTo: StreamPosition, limit: number): Promise<WaitingChange[]>;
  /** Removes those up to a position: a device that has changed since stays. */
  removeChangesUpTo(destination: ServerName, position: StreamPosition): Promise<void>;
  /** As `removeChangesUpTo`, of one user. */
  removeChangesOf(destination: ServerName, userId: UserId, upTo: StreamPosition): Promise<void>;
  /** Servers for which something waits, made into a transaction or not, by name: the first after one of them. */
  listDestinations(after: ServerName | undefined, limit: number): Promise<ServerName[]>;
  hasWaiting(destination: ServerName): Promise<boolean>;
  /** Messages and changes that wait; `most` stands for "so many or more". */
  countWaiting(destination: ServerName, most: number): Promise<number>;
  /** Forgets up to `limit` messages queued before a time (ms since the epoch); how many they were. */
  forgetMessagesBefore(time: number, limit: number): Promise<number>;
  /** Forgets all but the newest `kept` messages for this server; how many they were. */
  forgetOldestMessages(destination: ServerName, kept: number): Promise<number>;
}
