import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { Receipt } from "../../receipts/receipt-store.ts";
import { listRoomsOfInterest } from "../rooms-of-interest.ts";
import type { FeedStores, Making } from "../section.ts";

/** Receipts that are looked at for one transaction. */
const mostReceipts = 100;

/**
 * Who types and who has read what in the rooms that the appservice hears of.
 * https://spec.matrix.org/v1.19/application-service-api/#pushing-ephemeral-data
 */
export async function ephemeralSection(
  stores: FeedStores,
  { appservice, feed, present, members }: Making,
): Promise<boolean> {
  if (!appservice.receivesEphemeral) return false;
  const since = feed.ephemeralPosition;
  const receipts = await stores.receipts.listPublicBetween(since, present, mostReceipts);
  const isFull = receipts.length === mostReceipts;
  const reached = isFull ? (receipts.at(-1)?.position ?? present) : present;
  const typing = await stores.typing.listChangedBetween(since, reached);
  if (receipts.length === 0 && typing.length === 0) return false;
  const rooms = await listRoomsOfInterest(stores, appservice, [...typing, ...receipts.map(({ roomId }) => roomId)]);
  const told: object[] = [];
  for (const roomId of typing.filter((changed) => rooms.has(changed))) {
    const typers = await stores.typing.listTyping(roomId);
    told.push({ type: "m.typing", room_id: roomId, content: { user_ids: typers } });
  }
  const ofRooms = Map.groupBy(receipts, ({ roomId }) => roomId);
  for (const [roomId, ofRoom] of ofRooms) if (rooms.has(roomId)) told.push(receiptEvent(roomId, ofRoom));
  if (told.length > 0) members.set("ephemeral", JSON.stringify(told));
  await stores.appserviceFeeds.putPositions(appservice.id, { ephemeralPosition: reached });
  return told.length > 0 || isFull;
}

/** https://spec.matrix.org/v1.19/client-server-api/#mreceipt; no id has a prototype's name, for each has its sigil. */
function receiptEvent(roomId: RoomId, receipts: readonly Receipt[]): object {
  const content = Array.from(
    Map.groupBy(receipts, ({ eventId }) => eventId),
    ([eventId, ofEvent]) => {
      const users = ofEvent.map(({ userId, receivedAt, threadId }) => [
        userId,
        { ts: receivedAt, ...(threadId !== undefined && { thread_id: threadId }) },
      ]);
      return [eventId, { "m.read": Object.fromEntries(users) }];
    },
  );
  return { type: "m.receipt", room_id: roomId, content: Object.fromEntries(content) };
}
