import type { JsonObject, JsonValue } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { type EventFilter, parseEventFilter, passes } from "./event-filter.ts";
import { flagMember, idsMember } from "./filter-members.ts";

/** Which rooms a filter speaks of. */
export interface RoomChoice {
  /** `undefined`: all rooms. */
  readonly rooms: ReadonlySet<string> | undefined;
  readonly notRooms: ReadonlySet<string>;
}

/**
 * What a filter says of events of rooms. Which events relate to a chosen one (`related_by_…`) is not looked at: more is
 * sent then.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter_request_roomeventfilter
 */
export interface RoomEventFilter extends EventFilter, RoomChoice {
  /** Events of one answer, 1 to 100. For timelines and pages only: state is always sent whole. */
  readonly limit: number;
  /** Whether the content must have a `url` (true) or must not (false); `undefined`: either. */
  readonly containsUrl: boolean | undefined;
  readonly lazyLoadMembers: boolean;
  readonly includeRedundantMembers: boolean;
  readonly unreadThreadNotifications: boolean;
}

/** What a filter looks at in an event. */
export interface FilteredEvent {
  readonly type: string;
  readonly sender: string;
  /** Whether the content has a member `url`; asked only where a filter wants to know. */
  hasUrl(): boolean;
}

const defaultLimit = 10;

/** Events of the largest page. */
const mostEvents = 100;

/**
 * @param member where the definition stands, for messages: `room.timeline`, `filter`
 * @throws MatrixError `M_BAD_JSON` naming the wrong member, `M_TOO_LARGE`
 */
export function parseRoomEventFilter(definition: JsonObject, member: string): RoomEventFilter {
  const flag = (name: string) => flagMember(definition[name], `${member}.${name}`);
  return {
    ...parseEventFilter(definition, member),
    ...parseRoomChoice(definition, member),
    limit: parseLimit(definition["limit"], `${member}.limit`),
    containsUrl: flag("contains_url"),
    lazyLoadMembers: flag("lazy_load_members") ?? false,
    includeRedundantMembers: flag("include_redundant_members") ?? false,
    unreadThreadNotifications: flag("unread_thread_notifications") ?? false,
  };
}

/** As `parseRoomEventFilter`, of the rooms alone. */
export function parseRoomChoice(definition: JsonObject, member: string): RoomChoice {
  return {
    rooms: idsMember(definition["rooms"], `${member}.rooms`, "!"),
    notRooms: idsMember(definition["not_rooms"], `${member}.not_rooms`, "!") ?? new Set(),
  };
}

export function passesRoom({ rooms, notRooms }: RoomChoice, roomId: string): boolean {
  return (rooms === undefined || rooms.has(roomId)) && !notRooms.has(roomId);
}

/** Whether a filter lets an event through, its room aside: `passesRoom` says that once for all events of a room. */
export function passesEvent(filter: RoomEventFilter, event: FilteredEvent): boolean {
  const { senders, notSenders, containsUrl } = filter;
  if (senders !== undefined && !senders.has(event.sender)) return false;
  if (notSenders.has(event.sender) || !passes(filter, event.type)) return false;
  return containsUrl === undefined || containsUrl === event.hasUrl();
}

/** Clients ask for 0 events, which the specification does not know: they get as few as there can be. */
function parseLimit(value: JsonValue | undefined, member: string): number {
  if (value === undefined || value === null) return defaultLimit;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new MatrixError("M_BAD_JSON", `${member} must be a whole number greater than 0`);
  }
  return Math.min(Math.max(value, 1), mostEvents);
}
