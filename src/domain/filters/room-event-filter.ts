import { isOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { JsonObject, JsonValue } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { type EventFilter, parseEventFilter, passesType, passesWithoutSender } from "./event-filter.ts";
import { flagMember, idsMember, textsMember } from "./filter-members.ts";

/** Which rooms a filter speaks of. */
export interface RoomChoice {
  /** `undefined`: all rooms. */
  readonly rooms: ReadonlySet<string> | undefined;
  readonly notRooms: ReadonlySet<string>;
}

/** Which events must relate to another one for it to be wanted: one event for which all of this holds. */
export interface RelatedBy {
  /** `undefined`: anybody's. */
  readonly senders: readonly string[] | undefined;
  /** `undefined`: in any way. */
  readonly relTypes: readonly string[] | undefined;
}

/**
 * What a filter says of events of rooms.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3useruseridfilter_request_roomeventfilter
 */
export interface RoomEventFilter extends EventFilter, RoomChoice {
  /** Events of one answer, 1 to 100; `undefined`: not said. For timelines and pages only: state is always sent whole. */
  readonly limit: number | undefined;
  /** Whether the content must have a `url` (true) or must not (false); `undefined`: either. */
  readonly containsUrl: boolean | undefined;
  /**
   * `undefined`: whatever relates to them, if anything does. `related_by_senders`, `related_by_rel_types`:
   * https://github.com/matrix-org/matrix-spec-proposals/blob/main/proposals/3440-threading-via-relations.md
   */
  readonly relatedBy: RelatedBy | undefined;
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

/** Events of the largest page. */
const mostEvents = 100;

/** Who and what may relate to a wanted event: each pair of them is looked up for each event that is read. */
const mostRelatingSenders = 50;
const mostRelTypes = 10;

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
    relatedBy: parseRelatedBy(definition, member),
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

/**
 * Whether a filter lets an event through, its room and what relates to it aside: `passesRoom` says the one for all events
 * of a room, and stores know the other.
 */
export function passesEvent(filter: RoomEventFilter, event: FilteredEvent): boolean {
  const { senders, notSenders, containsUrl } = filter;
  if (senders !== undefined && !senders.has(event.sender)) return false;
  if (notSenders.has(event.sender) || !passesType(filter, event.type)) return false;
  return containsUrl === undefined || containsUrl === event.hasUrl();
}

/** As `passesEvent`, for what nobody has sent and nothing relates to: account data, ephemeral events. */
export function passesBeside(filter: RoomEventFilter, type: string, hasUrl: () => boolean): boolean {
  const { containsUrl, relatedBy } = filter;
  if (relatedBy !== undefined || !passesWithoutSender(filter, type)) return false;
  return containsUrl === undefined || containsUrl === hasUrl();
}

function parseRelatedBy(definition: JsonObject, member: string): RelatedBy | undefined {
  const senders = idsMember(definition["related_by_senders"], `${member}.related_by_senders`, "@");
  const relTypes = textsMember(definition["related_by_rel_types"], `${member}.related_by_rel_types`);
  if (senders === undefined && relTypes === undefined) return undefined;
  return {
    senders: senders && storable(senders, mostRelatingSenders, `${member}.related_by_senders`),
    relTypes: relTypes && storable(new Set(relTypes), mostRelTypes, `${member}.related_by_rel_types`),
  };
}

/** What no event can have need not be looked for. */
function storable(texts: ReadonlySet<string>, most: number, member: string): string[] {
  if (texts.size > most) throw new MatrixError("M_TOO_LARGE", `${member} has more than ${most} items`);
  return [...texts].filter(isOpaqueText);
}

/** Clients ask for 0 events, which the specification does not know: they get as few as there can be. */
function parseLimit(value: JsonValue | undefined, member: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new MatrixError("M_BAD_JSON", `${member} must be a whole number greater than 0`);
  }
  return Math.min(Math.max(value, 1), mostEvents);
}
