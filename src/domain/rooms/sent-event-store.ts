import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { DeviceOwner } from "../kernel/requester.ts";

/** What a client calls a request, so that its repetition does nothing: one scope for each device, room and event type. */
export interface SentTransaction {
  readonly userId: UserId;
  /** "" for an appservice without a device. */
  readonly deviceId: string;
  readonly transactionId: string;
  readonly roomId: RoomId;
  readonly eventType: string;
}

/** What `EventStore.append` has stored of them. https://spec.matrix.org/v1.19/client-server-api/#transaction-identifiers */
export interface SentEventStore {
  findSent(transaction: SentTransaction): Promise<EventId | undefined>;
  /** Of these events, those that the device has sent, with their transaction ids. */
  listTransactionIds(
    sender: { readonly userId: UserId; readonly deviceId: string },
    eventIds: readonly EventId[],
  ): Promise<Map<EventId, string>>;
  /** Of a device that goes: one that comes to have its name is another one. */
  removeAll(sender: DeviceOwner): Promise<void>;
  /** Forgets those of before a time, at most so many; resolves to how many they were. */
  forgetBefore(time: number, limit: number): Promise<number>;
}
