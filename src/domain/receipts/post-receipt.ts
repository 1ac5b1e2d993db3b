import { type EventId, isEventId } from "../../protocol/identifiers/event-id.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { shownValue } from "../../protocol/shown-text.ts";
import type { RoomAccountDataStore } from "../account-data/room-account-data-store.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Reading, UnitOfWork } from "../kernel/unit-of-work.ts";
import { relationIn, threadRootIn } from "../rooms/content-member.ts";
import type { EventStore } from "../rooms/event-store.ts";
import type { MembershipStore } from "../rooms/membership-store.ts";
import { requireJoined } from "../rooms/require-joined.ts";
import type { RoomEvent } from "../rooms/room-event.ts";
import type { ReceiptStore, ReceiptType } from "./receipt-store.ts";

interface PostingStores {
  readonly events: EventStore;
  readonly knownDevices: KnownDevices;
  readonly memberships: MembershipStore;
  readonly receipts: ReceiptStore;
  readonly roomAccountData: RoomAccountDataStore;
}

export interface PostReceiptDeps {
  readonly unitOfWork: UnitOfWork<PostingStores>;
  readonly clock: Clock;
}

export interface NewReceipt {
  /** `m.fully_read` is no receipt but a mark that the user's own clients alone see. */
  readonly type: ReceiptType | "m.fully_read";
  readonly eventId: EventId;
  /** `main`, or the root of a thread; `undefined`: the receipt belongs to no thread. */
  readonly threadId: string | undefined;
}

/** @throws MatrixError `M_INVALID_PARAM` */
export function requireReceiptType(type: string | undefined): NewReceipt["type"] {
  if (type === "m.read" || type === "m.read.private" || type === "m.fully_read") return type;
  throw new MatrixError("M_INVALID_PARAM", `receiptType: ${shownValue(type)} is none of those that clients may send`);
}

/**
 * Notes how far the requester has read in a room; a receipt never goes back.
 * https://spec.matrix.org/v1.19/client-server-api/#receipts
 *
 * @throws MatrixError `M_FORBIDDEN` outside of the room, `M_NOT_FOUND` for an event that is not in it, `M_INVALID_PARAM`
 * for a thread that the event is not in
 */
export async function postReceipt(
  deps: PostReceiptDeps,
  requester: Requester,
  roomId: RoomId,
  receipts: readonly NewReceipt[],
): Promise<void> {
  const { userId } = requester;
  for (const receipt of receipts) requireThread(receipt);
  await deps.unitOfWork.run({ exclusive: [userId] }, async (stores, commit) => {
    await requireRequestingDevice(stores, requester);
    await requireJoined(stores, userId, roomId);
    for (const receipt of receipts) {
      const event = await stores.events.findEvent(receipt.eventId);
      if (event?.roomId !== roomId || event.position === undefined) {
        throw new MatrixError("M_NOT_FOUND", "There is no such event in this room");
      }
      await requireInThread(stores.events, event, receipt);
      const { eventId, position: eventPosition } = event;
      if (receipt.type === "m.fully_read") {
        const content = JSON.stringify({ event_id: eventId });
        await stores.roomAccountData.put(userId, { roomId, type: "m.fully_read", content });
        commit.wake(userId);
        continue;
      }
      const { type, threadId } = receipt;
      const earlier = await stores.receipts.findReceipt(roomId, userId, type, threadId);
      if (earlier !== undefined && earlier.eventPosition >= eventPosition) continue;
      const receivedAt = deps.clock.now();
      await stores.receipts.put({ roomId, userId, type, threadId, eventId, eventPosition, receivedAt });
      commit.wake(type === "m.read" ? roomId : userId);
    }
  });
}

function requireThread({ type, threadId }: NewReceipt): void {
  if (threadId === undefined) return;
  if (type === "m.fully_read") throw new MatrixError("M_INVALID_PARAM", "m.fully_read belongs to no thread");
  if (threadId === "main" || isEventId(threadId)) return;
  throw new MatrixError("M_INVALID_PARAM", "thread_id is neither main nor the id of an event");
}

/**
 * An event is in the thread that it says it is of, or that what it relates to is in; and a thread's root may be read in
 * either. Of what is redacted nobody knows what it related to: there a thread of the room is enough.
 */
async function requireInThread(events: Reading<EventStore>, event: RoomEvent, { threadId }: NewReceipt): Promise<void> {
  if (threadId === undefined) return;
  const isInside = threadId === "main" ? threadRootIn(event) === undefined : await isPartOf(events, event, threadId);
  if (!isInside) throw new MatrixError("M_INVALID_PARAM", "The event is in another thread than thread_id");
}

/** Hops: https://spec.matrix.org/v1.19/client-server-api/#threaded-read-receipts */
const mostHops = 3;

async function isPartOf(events: Reading<EventStore>, event: RoomEvent, threadId: string): Promise<boolean> {
  const root = isEventId(threadId) ? await events.findEvent(threadId) : undefined;
  if (root?.roomId !== event.roomId) return false;
  // Otherwise any event could be named, and each would have a row.
  if (!(await events.hasThread(root.roomId, root.eventId))) return false;
  let part: RoomEvent | undefined = event;
  for (let hop = 0; part?.roomId === event.roomId && hop <= mostHops; hop++) {
    if (part.eventId === threadId || part.redactedBy !== undefined) return true;
    const parentId: EventId | undefined = relationIn(part)?.parentId;
    if (threadRootIn(part) !== undefined) return parentId === threadId;
    part = parentId === undefined ? undefined : await events.findEvent(parentId);
  }
  return false;
}
