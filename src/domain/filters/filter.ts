import type { JsonObject, JsonValue } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { type EventFields, parseEventFields } from "./event-fields.ts";
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
 * Account data is state: a `limit` would make a client lose some of it, so there it is not honoured. `presence` is checked
 * only: this server has none.
 */
export interface SyncFilter {
  readonly accountData: EventFilter;
  readonly room: RoomFilter;
  /** `undefined`: all of them. What is sent to devices has none to be left out, nor has the state of who is not in a room. */
  readonly eventFields: EventFields | undefined;
  readonly eventFormat: "client" | "federation";
}

export const everything: SyncFilter = parseFilter({});

/** @throws MatrixError `M_BAD_JSON` naming the member, `M_TOO_LARGE` */
export function parseFilter(definition: JsonObject): SyncFilter {
  parseEventFilter(objectMember(definition["presence"], "presence"), "presence");
  return {
    accountData: parseEventFilter(objectMember(definition["account_data"], "account_data"), "account_data"),
    room: parseRoomFilter(objectMember(definition["room"], "room")),
    eventFields: parseEventFields(definition["event_fields"]),
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
