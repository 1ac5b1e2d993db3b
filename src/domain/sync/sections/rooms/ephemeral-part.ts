import type { UserId } from "../../../../protocol/identifiers/user-id.ts";
import { passesBeside, passesRoom } from "../../../filters/room-event-filter.ts";
import type { StreamPosition } from "../../../kernel/stream-position.ts";
import type { Receipt } from "../../../receipts/receipt-store.ts";
import type { RoomSectionStores, RoomsQuestion } from "./room-question.ts";
import type { ChangedRoom } from "./room-sync-store.ts";

/** What happens in a room and is not kept in its timeline. */
export interface EphemeralPart {
  /** Who types now; absent when that is not told. */
  readonly typing: readonly UserId[] | undefined;
  readonly receipts: readonly Receipt[];
  /** Whether the user has read on, which changes what is unread, told or not. */
  readonly hasReadOn: boolean;
}

/** Receipts of others in one answer; of a room with more, who has read last. */
const mostReceipts = 1000;

/** @param since 0: the client does not know the room */
export async function readEphemeral(
  stores: RoomSectionStores,
  { requester: { userId }, filter: { ephemeral: filter }, ignored }: RoomsQuestion,
  { roomId, hasTyping, hasReceipts }: ChangedRoom,
  since: StreamPosition,
): Promise<EphemeralPart> {
  const isTold = (type: string) => passesRoom(filter, roomId) && passesBeside(filter, type, () => false);
  const typing = hasTyping && isTold("m.typing") ? await stores.typing.listTyping(roomId) : undefined;
  const others = typing?.filter((typist) => !ignored.has(typist));
  const receipts = hasReceipts ? await stores.roomSync.listNewestReceipts(roomId, userId, since, mostReceipts) : [];
  return {
    // Nobody types, and the client does not think otherwise.
    typing: since === 0 && others?.length === 0 ? undefined : others,
    receipts: isTold("m.receipt") ? receipts.filter((receipt) => !ignored.has(receipt.userId)) : [],
    hasReadOn: receipts.some((receipt) => receipt.userId === userId),
  };
}
