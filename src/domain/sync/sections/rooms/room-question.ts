import type { EventId } from "../../../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../../protocol/identifiers/user-id.ts";
import type { RoomAccountDataStore } from "../../../account-data/room-account-data-store.ts";
import type { RoomFilter, SyncFilter } from "../../../filters/filter.ts";
import type { Requester } from "../../../kernel/requester.ts";
import type { StreamPosition } from "../../../kernel/stream-position.ts";
import type { Reading } from "../../../kernel/unit-of-work.ts";
import type { ReceiptStore } from "../../../receipts/receipt-store.ts";
import type { ShowingStores } from "../../../room-timelines/show-events.ts";
import { placeOf } from "../../../rooms/place-of.ts";
import type { RoomEvent } from "../../../rooms/room-event.ts";
import type { TypingStore } from "../../../typing/typing-store.ts";
import type { RoomSyncStore } from "./room-sync-store.ts";

export interface RoomSectionStores extends ShowingStores {
  readonly roomSync: Reading<RoomSyncStore>;
  readonly receipts: Reading<ReceiptStore>;
  readonly typing: Reading<TypingStore>;
  readonly roomAccountData: Reading<RoomAccountDataStore>;
}

/** What one sync wants to know of rooms. */
export interface RoomsQuestion {
  readonly requester: Requester;
  /** What the client has been told: 0 for an initial sync, and where the history that it knows is not the present one. */
  readonly since: StreamPosition;
  /** The position of the snapshot. */
  readonly upTo: StreamPosition;
  /** The client knows of no rooms at all. */
  readonly initial: boolean;
  /** Everything is told, not only what is new. */
  readonly whole: boolean;
  /** The history that the client knows is not the present one (rule E5): it must not go on from what it has. */
  readonly lost: boolean;
  /** Whether the state is told as it is at the timelines' end; otherwise as it was at their start. */
  readonly stateAtEnd: boolean;
  readonly filter: RoomFilter;
  /** How events of rooms are told. */
  readonly eventFormat: SyncFilter["eventFormat"];
  readonly ignored: ReadonlySet<UserId>;
  /** So much of states has been read for the answer that what is long is left for later. */
  readonly isLaden: boolean;
}

/** One room's part of a timeline that a client does not know yet. */
export interface RoomRange {
  readonly roomId: RoomId;
  /** The client knows the room up to here; 0: it does not know it. */
  readonly since: StreamPosition;
  readonly upTo: StreamPosition;
}

/** Of state events with the newest first: those that are in force after them all, the newest first. */
export function newestOfEachPlace(events: readonly RoomEvent[]): RoomEvent[] {
  const places = new Set<string>();
  return events.filter((event) => {
    const place = placeOf(event);
    return !places.has(place) && places.add(place);
  });
}

export function idsOf(events: readonly RoomEvent[]): Set<EventId> {
  return new Set(events.map(({ eventId }) => eventId));
}
