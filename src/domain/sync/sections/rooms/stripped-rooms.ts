import type { RoomId } from "../../../../protocol/identifiers/room-id.ts";
import type { RoomEvent } from "../../../rooms/room-event.ts";
import { listStrippedState } from "../../../rooms/stripped-state.ts";
import type { RoomSectionStores, RoomsQuestion } from "./room-question.ts";
import type { ChangedRoom } from "./room-sync-store.ts";

/** What a user who is not in a room may know of it. */
export interface StrippedRoom {
  readonly roomId: RoomId;
  readonly state: readonly RoomEvent[];
}

/**
 * An invite, or a knock: the state as it was with the user's own `m.room.member` event, and who has sent that.
 *
 * @returns `undefined` for an invite by somebody whom the user ignores
 */
export async function readStrippedRoom(
  stores: RoomSectionStores,
  { ignored }: RoomsQuestion,
  { roomId, memberEventId, membership }: ChangedRoom,
): Promise<StrippedRoom | undefined> {
  const own = await stores.events.findEvent(memberEventId);
  if (!own || (membership === "invite" && ignored.has(own.sender))) return undefined;
  return { roomId, state: [...(await listStrippedState(stores.roomState, own)), own] };
}
