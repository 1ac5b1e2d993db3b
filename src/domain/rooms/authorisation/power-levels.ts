import type { RoomVersion } from "../../../protocol/events/room-version.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../../protocol/json.ts";
import type { AuthState } from "./auth-event.ts";
import { creatorOf, privilegedCreators } from "./creators.ts";

/** What stands for a level that is absent: https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels */
export const defaultLevels = {
  users_default: 0,
  events_default: 0,
  state_default: 50,
  ban: 50,
  redact: 50,
  kick: 50,
  invite: 0,
} as const;

export type LevelName = keyof typeof defaultLevels;

const defaultNotificationLevel = 50;

/**
 * The power of a user, member of the room or not; `Infinity` for the creators of version 12.
 *
 * @param state must know `m.room.create` and `m.room.power_levels`
 */
export function powerLevelOf(version: RoomVersion, state: AuthState, userId: string): number {
  const create = state.find("m.room.create", "");
  if (privilegedCreators(version, create).includes(userId)) return Number.POSITIVE_INFINITY;
  const levels = levelsIn(state);
  if (levels !== undefined) return levelIn(levels["users"], userId) ?? requiredLevel(state, "users_default");
  return create !== undefined && creatorOf(version, create) === userId ? 100 : 0;
}

/** The power needed for an action, or the level that a user or event without one of its own has. */
export function requiredLevel(state: AuthState, name: LevelName): number {
  return levelIn(levelsIn(state), name) ?? defaultLevels[name];
}

/** The power needed to send an event; memberships and redactions of others' events have rules of their own. */
export function requiredEventLevel(state: AuthState, type: string, isState: boolean): number {
  const own = levelIn(levelsIn(state)?.["events"], type);
  return own ?? requiredLevel(state, isState ? "state_default" : "events_default");
}

/** The power needed to notify in a way such as `room`. */
export function requiredNotificationLevel(state: AuthState, key: string): number {
  return levelIn(levelsIn(state)?.["notifications"], key) ?? defaultNotificationLevel;
}

/** The level of this name in an object of levels; what is no integer is none. */
export function levelIn(levels: JsonValue | undefined, name: string): number | undefined {
  // hasOwn, because an event type may be called `constructor`.
  if (!isJsonObject(levels) || !Object.hasOwn(levels, name)) return undefined;
  const level = levels[name];
  return isLevel(level) ? level : undefined;
}

/** Integers of canonical JSON: https://spec.matrix.org/v1.19/appendices/#canonical-json */
export function isLevel(value: JsonValue | undefined): value is number {
  return Number.isSafeInteger(value);
}

function levelsIn(state: AuthState): JsonObject | undefined {
  return state.find("m.room.power_levels", "")?.content;
}
