import type { RoomVersion } from "../../../protocol/events/room-version.ts";
import { isJsonObject, type JsonObject } from "../../../protocol/json.ts";
import type { SelectingEvent, StateKey } from "./auth-event.ts";

/**
 * The places in the state whose events an event names in its `auth_events`, where there are such events; each once.
 * https://spec.matrix.org/v1.19/server-server-api/#auth-events-selection
 */
export function authEventKeys(event: SelectingEvent, version: RoomVersion): StateKey[] {
  if (event.type === "m.room.create") return [];
  // From version 12 on the room id says which the create event is.
  const create: StateKey[] = version.roomIdIsHash ? [] : [["m.room.create", ""]];
  const keys: StateKey[] = [...create, ["m.room.power_levels", ""]];
  const members = new Set<string>([event.sender]);
  if (event.type === "m.room.member") addMembershipKeys(event, keys, members);
  for (const userId of members) keys.push(["m.room.member", userId]);
  return keys;
}

function addMembershipKeys({ stateKey, content }: SelectingEvent, keys: StateKey[], members: Set<string>): void {
  const { membership, join_authorised_via_users_server: authoriser } = content;
  if (stateKey !== undefined) members.add(stateKey);
  if (membership === "join" || membership === "invite" || membership === "knock") keys.push(["m.room.join_rules", ""]);
  if (membership === "join" && typeof authoriser === "string") members.add(authoriser);
  const token = membership === "invite" ? thirdPartyToken(content) : undefined;
  if (token !== undefined) keys.push(["m.room.third_party_invite", token]);
}

function thirdPartyToken({ third_party_invite: invite }: JsonObject): string | undefined {
  const signed = isJsonObject(invite) ? invite["signed"] : undefined;
  const token = isJsonObject(signed) ? signed["token"] : undefined;
  return typeof token === "string" ? token : undefined;
}
