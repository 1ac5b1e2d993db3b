import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";

export interface ToDeviceMessage {
  readonly sender: UserId;
  readonly type: string;
  /** JSON text of the content. */
  readonly content: string;
}

export interface WaitingMessage extends ToDeviceMessage {
  readonly position: StreamPosition;
}

/** A device's inbox: messages wait in order until the device has acknowledged them (rule S3). */
export interface ToDeviceStore {
  /** Puts a message in an inbox; it takes the next stream position at the end of the unit. */
  deliver(recipient: DeviceOwner, message: ToDeviceMessage): Promise<void>;
  /** The first `limit` messages after a position, in order. */
  listAfter(owner: DeviceOwner, position: StreamPosition, limit: number): Promise<WaitingMessage[]>;
  /** Whether messages up to a position still wait to be removed. */
  hasUpTo(owner: DeviceOwner, position: StreamPosition): Promise<boolean>;
  removeUpTo(owner: DeviceOwner, position: StreamPosition): Promise<void>;
  removeAll(owner: DeviceOwner): Promise<void>;
  /** Remembers a transaction of the sender; false when it was sent before. */
  rememberTransaction(sender: DeviceOwner, eventType: string, transactionId: string, now: number): Promise<boolean>;
  /** Forgets transactions sent before a time (ms since the epoch). */
  forgetTransactionsBefore(time: number): Promise<void>;
  removeTransactions(sender: DeviceOwner): Promise<void>;
}
