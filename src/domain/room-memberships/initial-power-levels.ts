import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { RoomCreation } from "./room-creation.ts";

const admin = 100;
const moderator = 50;

/** Above all but the creators: who ends a version 12 room must stand above its admins. */
const aboveAdmins = 150;

/**
 * The content of a new room's `m.room.power_levels`. Members of the override take the place of those here, whole.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom
 */
export function initialPowerLevels(creation: RoomCreation, creator: UserId): JsonObject {
  const { version, preset, powerLevels: override } = creation;
  const isPrivate = preset !== "public_chat";
  const defaults: JsonObject = {
    users: initialUsers(creation, creator),
    users_default: 0,
    events: {
      "m.room.avatar": moderator,
      "m.room.canonical_alias": moderator,
      "m.room.encryption": admin,
      "m.room.history_visibility": admin,
      "m.room.name": moderator,
      "m.room.power_levels": admin,
      "m.room.server_acl": admin,
      "m.room.tombstone": admin,
    },
    events_default: 0,
    state_default: moderator,
    ban: moderator,
    kick: moderator,
    redact: moderator,
    // Among those who were invited everybody may invite.
    invite: isPrivate ? 0 : moderator,
  };
  const levels = { ...defaults, ...override };
  return version.privilegedCreators ? withTombstone(levels, override["events"]) : levels;
}

function initialUsers({ version, preset, invite }: RoomCreation, creator: UserId): JsonObject {
  // Creators of version 12 have all power, and may not be listed.
  if (version.privilegedCreators) return {};
  const trusted = preset === "trusted_private_chat" ? invite : [];
  return Object.fromEntries([creator, ...trusted].map((userId) => [userId, admin]));
}

/** From version 12 on the level is explicit, and above that of other state events, unless the client says another one. */
function withTombstone(levels: JsonObject, given: unknown): JsonObject {
  const { events, state_default: others } = levels;
  if (!isJsonObject(events)) return levels;
  if (isJsonObject(given) && Object.hasOwn(given, "m.room.tombstone")) return levels;
  const lowest = Number.isSafeInteger(others) ? Math.min(Number(others) + 1, Number.MAX_SAFE_INTEGER) : 0;
  return { ...levels, events: { ...events, "m.room.tombstone": Math.max(aboveAdmins, lowest) } };
}
