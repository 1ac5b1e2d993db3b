import type { RoomId } from "../../../../protocol/identifiers/room-id.ts";
import { placeOf } from "../../../rooms/place-of.ts";
import type { RoomEvent } from "../../../rooms/room-event.ts";
import type { RoomSectionStores, RoomsQuestion } from "./room-question.ts";
import type { ChangedRoom } from "./room-sync-store.ts";
import { memberType } from "./state-sources.ts";

/** What a user who is not in a room may know of it. */
export interface StrippedRoom {
  readonly roomId: RoomId;
  readonly state: readonly RoomEvent[];
}

/** https://spec.matrix.org/v1.19/client-server-api/#stripped-state */
const strippedTypes = [
  ...["m.room.create", "m.room.name", "m.room.avatar", "m.room.topic", "m.room.join_rules"],
  ...["m.room.canonical_alias", "m.room.encryption"],
];

/**
 * An invite, or a knock: the state as it was with the user's own `m.room.member` event, and who has sent that.
 *
 * @returns `undefined` for an invite by somebody whom the user ignores
 */
export async function readStrippedRoom(
  stores: RoomSectionStores,
  { requester: { userId }, ignored }: RoomsQuestion,
  { roomId, memberEventId, membership }: ChangedRoom,
): Promise<StrippedRoom | undefined> {
  const own = await stores.events.findEvent(memberEventId);
  if (!own || (membership === "invite" && ignored.has(own.sender))) return undefined;
  if (own.stateAfter === undefined) return { roomId, state: [own] };
  const others = own.sender === userId ? [] : [[memberType, own.sender] as const];
  const places = [...strippedTypes.map((type) => [type, ""] as const), ...others];
  const state = await stores.roomState.listAt(roomId, own.stateAfter, places);
  return { roomId, state: [...state.filter((event) => placeOf(event) !== placeOf(own)), own] };
}
