import type { RoomId } from "../../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../../protocol/json.ts";
import type { RoomEvent } from "../../../rooms/room-event.ts";
import type { RoomSectionStores } from "./room-question.ts";
import type { ChangedRoom } from "./room-sync-store.ts";
import type { StateChanges } from "./state-changes.ts";
import { memberType } from "./state-sources.ts";

export interface RoomSummary {
  readonly joinedMembers: number;
  readonly invitedMembers: number;
  /** Who a room without a name is named after; absent for a room that has one. */
  readonly heroes: readonly UserId[] | undefined;
}

const mostHeroes = 5;

const nameTypes = ["m.room.name", "m.room.canonical_alias"] as const;

/**
 * How many are in a room, and who.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync_response-200_roomsummary
 *
 * @param changes since the last answer; `undefined`: all is told
 * @returns `undefined` when nothing of it has changed
 */
export async function readSummary(
  stores: RoomSectionStores,
  userId: UserId,
  { roomId, joinedMembers, invitedMembers }: ChangedRoom,
  changes: StateChanges | undefined,
): Promise<RoomSummary | undefined> {
  const tells = ({ type }: RoomEvent) => type === memberType || nameTypes.some((name) => name === type);
  // Of a long gap nobody looks at all.
  if (changes && !changes.older && !changes.newest.some(tells)) return undefined;
  const heroes = (await hasName(stores, roomId)) ? undefined : await listHeroes(stores, roomId, userId);
  return { joinedMembers, invitedMembers, heroes };
}

async function hasName({ roomState }: RoomSectionStores, roomId: RoomId): Promise<boolean> {
  const events = await roomState.listCurrent(
    roomId,
    nameTypes.map((type) => [type, ""] as const),
  );
  return events.some((event) => {
    const { name, alias } = JSON.parse(event.content) as JsonObject;
    const given = event.type === "m.room.name" ? name : alias;
    return typeof given === "string" && given !== "";
  });
}

async function listHeroes({ roomSync }: RoomSectionStores, roomId: RoomId, userId: UserId): Promise<UserId[]> {
  const others = async (present: boolean) => {
    const members = await roomSync.listOldestMembers(roomId, present, mostHeroes + 1);
    return members.filter((member) => member !== userId).slice(0, mostHeroes);
  };
  const here = await others(true);
  return here.length > 0 ? here : others(false);
}
