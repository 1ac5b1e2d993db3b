import { isJsonObject } from "../../protocol/json.ts";
import type { AuthEvent, AuthState } from "./authorisation/auth-event.ts";
import { type LevelName, powerLevelOf, requiredEventLevel, requiredLevel } from "./authorisation/power-levels.ts";
import { membershipOf } from "./membership-change.ts";
import type { RoomWriter } from "./room-writer.ts";

/** Who may do what in a room, by the power levels in force. */
export interface RoomPowers {
  /** Whether the user's power is enough for an action, joined or not. */
  has(userId: string, action: LevelName): boolean;
  /** Whether the user's power is enough to send a state event of a type, joined or not. */
  hasForState(userId: string, type: string): boolean;
  /** The users that have a power of their own, in no particular order. */
  readonly named: readonly string[];
}

/** Inside a unit that has the room. */
export async function readRoomPowers(room: RoomWriter): Promise<RoomPowers> {
  const create = await room.findState("m.room.create", "");
  const levels = await room.findState("m.room.power_levels", "");
  const known = new Map<string, AuthEvent | undefined>([
    ["m.room.create", create],
    ["m.room.power_levels", levels],
  ]);
  const state: AuthState = { find: (type, stateKey) => (stateKey === "" ? known.get(type) : undefined) };
  const power = (userId: string) => powerLevelOf(room.version, state, userId);
  return {
    has: (userId, action) => power(userId) >= requiredLevel(state, action),
    hasForState: (userId, type) => power(userId) >= requiredEventLevel(state, type, true),
    named: [...usersIn(levels), ...creators(create)],
  };
}

/** Inside a unit that has the room. */
export async function isJoined(room: RoomWriter, userId: string): Promise<boolean> {
  return membershipOf((await room.findState("m.room.member", userId))?.content) === "join";
}

function usersIn(levels: AuthEvent | undefined): string[] {
  const users = levels?.content["users"];
  return isJsonObject(users) ? Object.keys(users) : [];
}

function creators(create: AuthEvent | undefined): string[] {
  if (!create) return [];
  const { additional_creators: additional } = create.content;
  const more = Array.isArray(additional) ? additional.filter((userId) => typeof userId === "string") : [];
  return [create.sender, ...more];
}
