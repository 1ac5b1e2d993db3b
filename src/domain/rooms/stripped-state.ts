import type { Reading } from "../kernel/unit-of-work.ts";
import type { StateKey } from "./authorisation/auth-event.ts";
import { placeOf } from "./place-of.ts";
import type { RoomEvent } from "./room-event.ts";
import type { RoomStateStore } from "./room-state-store.ts";

const strippedTypes = [
  ...["m.room.create", "m.room.name", "m.room.avatar", "m.room.topic", "m.room.join_rules"],
  ...["m.room.canonical_alias", "m.room.encryption"],
];

/**
 * What users who are not in a room may know of it when they are invited or knock: of the state as it was then, and without
 * their own `m.room.member` event, who has sent that.
 * https://spec.matrix.org/v1.19/client-server-api/#stripped-state
 *
 * @param own the users' own `m.room.member` event
 */
export async function listStrippedState(roomState: Reading<RoomStateStore>, own: RoomEvent): Promise<RoomEvent[]> {
  const { roomId, sender, stateKey, stateAfter } = own;
  if (stateAfter === undefined) return [];
  const senders: StateKey[] = sender === stateKey ? [] : [["m.room.member", sender]];
  const places = [...strippedTypes.map((type): StateKey => [type, ""]), ...senders];
  const state = await roomState.listAt(roomId, stateAfter, places);
  return state.filter((event) => placeOf(event) !== placeOf(own));
}
