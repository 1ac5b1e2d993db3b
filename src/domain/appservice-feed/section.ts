import type { AppserviceQueueStore } from "../appservices/appservice-queue-store.ts";
import type { Appservice } from "../appservices/appservices.ts";
import type { AudienceStore } from "../device-lists/audience-store.ts";
import type { DeviceListStore } from "../device-lists/device-list-store.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { StreamPosition, StreamStore } from "../kernel/stream-position.ts";
import type { FallbackKeyStore } from "../one-time-keys/fallback-key-store.ts";
import type { OneTimeKeyStore } from "../one-time-keys/one-time-key-store.ts";
import type { AppserviceFeedStore, Feed } from "./appservice-feed-store.ts";
import type { Member } from "./member-names.ts";

export interface FeedStores {
  readonly appserviceFeeds: AppserviceFeedStore;
  readonly appserviceQueue: AppserviceQueueStore;
  readonly audience: AudienceStore;
  readonly deviceLists: DeviceListStore;
  readonly fallbackKeys: FallbackKeyStore;
  readonly knownDevices: KnownDevices;
  readonly oneTimeKeys: OneTimeKeyStore;
  readonly stream: StreamStore;
}

/** A transaction that is being made. */
export interface Making {
  readonly appservice: Appservice;
  readonly feed: Feed;
  /** Everything up to here is visible: it was read before what the sections tell. */
  readonly present: StreamPosition;
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
