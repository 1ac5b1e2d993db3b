import { findRoomVersion, type RoomVersion, type RoomVersionId } from "../../protocol/events/room-version.ts";
import { isOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import { type RoomAlias, requireRoomAlias } from "../../protocol/identifiers/room-alias.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import { parseUserId, requireUserId, type UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { shownText } from "../../protocol/shown-text.ts";
import { requireEventContent } from "../rooms/require-event-content.ts";
import { requireLocalInvitee } from "../rooms/require-invitee.ts";

/** What a client asks for: https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom */
export interface CreateRoomRequest {
  readonly visibility: string | undefined;
  readonly preset: string | undefined;
  readonly roomVersion: string | undefined;
  readonly roomAliasName: string | undefined;
  readonly name: string | undefined;
  readonly topic: string | undefined;
  readonly isDirect: boolean;
  readonly invite: readonly string[];
  readonly invite3pid: readonly JsonValue[];
  readonly creationContent: JsonObject;
  readonly initialState: readonly JsonObject[];
  readonly powerLevelContentOverride: JsonObject;
}

export type Preset = "private_chat" | "trusted_private_chat" | "public_chat";

/** A state event, but for its sender. */
export interface InitialEvent {
  readonly type: string;
  readonly stateKey: string;
  readonly content: JsonObject;
}

/** A request, parsed. */
export interface RoomCreation {
  readonly version: RoomVersion;
  readonly preset: Preset;
  readonly alias: RoomAlias | undefined;
  readonly name: string | undefined;
  readonly topic: string | undefined;
  readonly isDirect: boolean;
  /** Each once, without the creator. */
  readonly invite: readonly UserId[];
  readonly creationContent: JsonObject;
  readonly initialState: readonly InitialEvent[];
  readonly powerLevels: JsonObject;
}

/** Users invited, and events of the initial state: all of them are written in one unit. */
const mostInvites = 100;
const mostEvents = 50;

const presets: readonly string[] = ["private_chat", "trusted_private_chat", "public_chat"] satisfies Preset[];

/**
 * @throws MatrixError `M_UNSUPPORTED_ROOM_VERSION`; `M_BAD_JSON`, `M_INVALID_PARAM`, `M_TOO_LARGE`; `M_THREEPID_DENIED`;
 * `M_FORBIDDEN` for invites to other servers
 */
export function parseRoomCreation(
  request: CreateRoomRequest,
  creator: UserId,
  { serverName, defaultRoomVersion }: { readonly serverName: ServerName; readonly defaultRoomVersion: RoomVersionId },
): RoomCreation {
  const { roomVersion = defaultRoomVersion, roomAliasName, name, topic, isDirect, invite3pid } = request;
  const version = findRoomVersion(roomVersion);
  if (!version) {
    throw new MatrixError("M_UNSUPPORTED_ROOM_VERSION", `Room version "${shownText(roomVersion)}" is not known here`);
  }
  if (invite3pid.length > 0) {
    throw new MatrixError(
      "M_THREEPID_DENIED",
      "This server knows no third-party identifiers: invite users by their IDs",
    );
  }
  requireEventContent(request.creationContent, "creation_content");
  requireEventContent(request.powerLevelContentOverride, "power_level_content_override");
  const alias =
    roomAliasName === undefined ? undefined : requireRoomAlias(`#${roomAliasName}:${serverName}`, "room_alias_name");
  const initialState = parseInitialState(request.initialState);
  const invite = parseInvites(request.invite).filter((userId) => userId !== creator);
  for (const userId of [...invite, ...inviteesIn(initialState)]) requireLocalInvitee(serverName, userId);
  return {
    ...{ version, alias, name, topic, isDirect, invite, initialState, preset: presetOf(request) },
    creationContent: creationContent(request, version, invite),
    powerLevels: request.powerLevelContentOverride,
  };
}

/** The users that events of the initial state invite. */
export function inviteesIn(initialState: readonly InitialEvent[]): UserId[] {
  return initialState.flatMap(({ type, stateKey, content }) => {
    const userId = type === "m.room.member" && content["membership"] === "invite" ? parseUserId(stateKey) : undefined;
    return userId ?? [];
  });
}

function presetOf({ preset, visibility }: CreateRoomRequest): Preset {
  if (visibility !== undefined && visibility !== "public" && visibility !== "private") {
    throw new MatrixError("M_BAD_JSON", "visibility must be public or private");
  }
  if (preset === undefined) return visibility === "public" ? "public_chat" : "private_chat";
  if (presets.includes(preset)) return preset as Preset;
  throw new MatrixError("M_BAD_JSON", `preset must be one of ${presets.join(", ")}`);
}

function parseInvites(invite: readonly string[]): UserId[] {
  if (invite.length > mostInvites) {
    throw new MatrixError("M_TOO_LARGE", `A new room has at most ${mostInvites} invites: make further ones after it`);
  }
  return [...new Set(invite.map((userId) => requireUserId(userId, "invite")))];
}

function parseInitialState(events: readonly JsonObject[]): InitialEvent[] {
  if (events.length > mostEvents) {
    throw new MatrixError("M_TOO_LARGE", `initial_state has at most ${mostEvents} events`);
  }
  return events.map(({ type, state_key: stateKey = "", content }, index) => {
    const where = `initial_state.${index}`;
    if (typeof type !== "string" || !isOpaqueText(type)) {
      throw new MatrixError("M_BAD_JSON", `${where}.type must be 1 to 255 bytes of text without NUL`);
    }
    if (typeof stateKey !== "string" || (stateKey !== "" && !isOpaqueText(stateKey))) {
      throw new MatrixError("M_BAD_JSON", `${where}.state_key must be at most 255 bytes of text without NUL`);
    }
    if (type === "m.room.member") requireUserId(stateKey, `${where}.state_key`);
    if (!isJsonObject(content)) throw new MatrixError("M_BAD_JSON", `${where}.content must be an object`);
    requireEventContent(content, `${where}.content`);
    return { type, stateKey, content };
  });
}

/** What the server itself says in an `m.room.create` event is left out. */
function creationContent(
  { creationContent: given, preset }: CreateRoomRequest,
  version: RoomVersion,
  invite: readonly UserId[],
): JsonObject {
  const { creator: _creator, room_version: _version, ...content } = given;
  if (!version.privilegedCreators) return content;
  const named = content["additional_creators"] ?? [];
  if (!Array.isArray(named)) throw new MatrixError("M_BAD_JSON", "additional_creators must be a list of user IDs");
  const creators = named.map((userId) => requireUserId(userId, "additional_creators"));
  // In version 12 trusted invitees have the creator's power by being creators themselves.
  const all = new Set([...creators, ...(preset === "trusted_private_chat" ? invite : [])]);
  if (all.size > 0) content["additional_creators"] = [...all];
  return content;
}
