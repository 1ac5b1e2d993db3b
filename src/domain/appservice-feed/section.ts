import type { AppserviceMemberStore } from "../appservices/appservice-member-store.ts";
import type { AppserviceQueueStore } from "../appservices/appservice-queue-store.ts";
import type { Appservice } from "../appservices/appservices.ts";
import type { AudienceStore } from "../device-lists/audience-store.ts";
import type { DeviceListStore } from "../device-lists/device-list-store.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { StreamPosition, StreamStore } from "../kernel/stream-position.ts";
import type { FallbackKeyStore } from "../one-time-keys/fallback-key-store.ts";
import type { OneTimeKeyStore } from "../one-time-keys/one-time-key-store.ts";
import type { ReceiptStore } from "../receipts/receipt-store.ts";
import type { RoomAliasStore } from "../room-aliases/room-alias-store.ts";
import type { RelationStore } from "../room-timelines/relation-store.ts";
import type { EventStore } from "../rooms/event-store.ts";
import type { RoomStateStore } from "../rooms/room-state-store.ts";
import type { TypingStore } from "../typing/typing-store.ts";
import type { AppserviceFeedStore, Feed } from "./appservice-feed-store.ts";
import type { Member } from "./member-names.ts";

export interface FeedStores {
  readonly appserviceFeeds: AppserviceFeedStore;
  readonly appserviceMembers: AppserviceMemberStore;
  readonly appserviceQueue: AppserviceQueueStore;
  readonly audience: AudienceStore;
  readonly deviceLists: DeviceListStore;
  readonly events: EventStore;
  readonly fallbackKeys: FallbackKeyStore;
  readonly knownDevices: KnownDevices;
  readonly oneTimeKeys: OneTimeKeyStore;
  readonly receipts: ReceiptStore;
  readonly relations: RelationStore;
  readonly roomAliases: RoomAliasStore;
  readonly roomState: RoomStateStore;
  readonly stream: StreamStore;
  readonly typing: TypingStore;
}

/** A transaction that is being made. */
export interface Making {
  readonly appservice: Appservice;
  readonly feed: Feed;
  /** Everything up to here is visible: it was read before what the sections tell. */
  readonly present: StreamPosition;
  /** Ms since the epoch. */
  readonly now: number;
  /** What the sections before have put in it: JSON text by member. */
  readonly members: Map<Member, string>;
  /** The devices that get to-device messages in it. */
  readonly recipients: DeviceOwner[];
}

/**
 * A part of transactions. Inside a unit it takes what waits for the appservice, and adds the members that tell it; it
 * takes a bounded part at a time.
 *
 * @returns whether it has taken something, told or not: then more may wait
 */
export type Section = (stores: FeedStores, making: Making) => Promise<boolean>;
