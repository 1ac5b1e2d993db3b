import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";

/** A to-device message on its way to an appservice. */
export interface QueuedMessage {
  readonly recipient: DeviceOwner;
  readonly sender: UserId;
  readonly type: string;
  /** JSON text of the content. */
  readonly content: string;
}

export interface WaitingForAppservice extends QueuedMessage {
  readonly position: StreamPosition;
}

/**
 * What waits to be put in an appservice's transactions, written in the unit that causes it. Device lists are not here:
 * they are state with a position, and read when a transaction is made.
 */
export interface AppserviceQueueStore {
  /** Puts a message behind the others; it takes the next stream position at the end of the unit. */
  addMessage(appserviceId: string, message: QueuedMessage, queuedAt: number): Promise<void>;
  /** The first messages in line, in order. */
  listMessages(appserviceId: string, limit: number): Promise<WaitingForAppservice[]>;
  removeMessagesUpTo(appserviceId: string, position: StreamPosition): Promise<void>;
  /** The device goes: a later one of its name could not read what was sent to it (rule S4). */
  removeMessagesTo(recipient: DeviceOwner): Promise<void>;
  /**
   * Notes that the key counts of devices are to be told, once for each device however often. To be called after the
   * change. It waits for nobody, and nobody who notes waits for it.
   */
  noteCounts(appserviceId: string, owners: readonly DeviceOwner[], notedAt: number): Promise<void>;
  /**
   * Devices that are noted, the longest waiting first, whose counts are read after it. Their notes are removed, but for
   * those that a unit under way relies on: its change may not be visible yet, and so the device is told of again.
   */
  takeNotedCounts(appserviceId: string, limit: number): Promise<DeviceOwner[]>;
  /** Messages and notes that wait; `most` stands for "so many or more". */
  countWaiting(appserviceId: string, most: number): Promise<number>;
  /** Since when the first of them waits, in ms since the epoch; `undefined` when nothing does. */
  findOldest(appserviceId: string): Promise<number | undefined>;
}
