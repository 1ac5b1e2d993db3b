import type { JsonObject, JsonValue } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { type EventFilter, parseEventFilter } from "./event-filter.ts";
import { flagMember, objectMember } from "./filter-members.ts";
import { parseRoomChoice, parseRoomEventFilter, type RoomChoice, type RoomEventFilter } from "./room-event-filter.ts";

/** What a sync filter says of rooms; its own choice of rooms comes before those of its parts. */
export interface RoomFilter extends RoomChoice {
  /** Whether rooms that the user has left are told of. */
  readonly includeLeave: boolean;
  readonly state: RoomEventFilter;
  readonly timeline: RoomEventFilter;
  readonly ephemeral: RoomEventFilter;
  readonly accountData: RoomEventFilter;
}

/**
 * What a sync tells: https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter
 *
 * Account data is state: a `limit` would make a client lose some of it, so there it is not honoured. `event_fields` and
 * `presence` are checked only: more fields than asked for may be sent, and this server has no presence.
 */
export interface SyncFilter {
  readonly accountData: EventFilter;
  readonly room: RoomFilter;
  readonly eventFormat: "client" | "federation";
}

export const everything: SyncFilter = parseFilter({});

/** @throws MatrixError `M_BAD_JSON` naming the member, `M_TOO_LARGE` */
export function parseFilter(definition: JsonObject): SyncFilter {
  requireFieldNames(definition["event_fields"]);
  parseEventFilter(objectMember(definition["presence"], "presence"), "presence");
  return {
    accountData: parseEventFilter(objectMember(definition["account_data"], "account_data"), "account_data"),
    room: parseRoomFilter(objectMember(definition["room"], "room")),
    eventFormat: parseEventFormat(definition["event_format"]),
  };
}

function parseRoomFilter(definition: JsonObject): RoomFilter {
  const part = (name: string) => parseRoomEventFilter(objectMember(definition[name], `room.${name}`), `room.${name}`);
  return {
    ...parseRoomChoice(definition, "room"),
    includeLeave: flagMember(definition["include_leave"], "room.include_leave") ?? false,
    state: part("state"),
    timeline: part("timeline"),
    ephemeral: part("ephemeral"),
    accountData: part("account_data"),
  };
}

function parseEventFormat(value: JsonValue | undefined): SyncFilter["eventFormat"] {
  if (value === undefined || value === null) return "client";
  if (value === "client" || value === "federation") return value;
  throw new MatrixError("M_BAD_JSON", 'event_format must be "client" or "federation"');
}

function requireFieldNames(value: JsonValue | undefined): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value) && value.every((name) => typeof name === "string")) return;
  throw new MatrixError("M_BAD_JSON", "event_fields must be an array of strings");
}
