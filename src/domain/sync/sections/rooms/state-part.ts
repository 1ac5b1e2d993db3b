import { passesEvent, passesRoom, type RoomEventFilter } from "../../../filters/room-event-filter.ts";
import { hasContentMember } from "../../../rooms/content-member.ts";
import { placeOf } from "../../../rooms/place-of.ts";
import type { RoomEvent } from "../../../rooms/room-event.ts";
import { membersOfTimeline } from "./lazy-members.ts";
import type { TimelinePart } from "./read-timeline.ts";
import { idsOf, newestOfEachPlace, type RoomRange, type RoomSectionStores } from "./room-question.ts";
import { memberType, type StateSource } from "./state-sources.ts";

/** What the state that a client is told belongs to. */
export interface StateQuestion {
  /** At the timeline's end. */
  readonly source: StateSource;
  readonly timeline: TimelinePart;
  /** The state events of the range, the newest first; `undefined`: all of the state is told. */
  readonly changes: readonly RoomEvent[] | undefined;
  readonly filter: RoomEventFilter;
  readonly atEnd: boolean;
  /** Whose `m.room.member` events are told even where members are loaded lazily. */
  readonly members: readonly string[];
}

/** The state events of a range, the newest first. What a timeline covers without a gap is not read once more. */
export async function listStateChanges(
  stores: RoomSectionStores,
  { roomId, since, upTo }: RoomRange,
  { isComplete, covered }: TimelinePart,
): Promise<RoomEvent[]> {
  if (!isComplete) return stores.events.listStateEvents(roomId, { since, upTo });
  return covered.filter(({ stateKey }) => stateKey !== undefined).toReversed();
}

/**
 * The state beside a timeline. State events that the timeline's filter keeps out of it are told here, so that a client ends
 * with the state as it is. https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync_response-200_joined-room
 */
export async function readState(
  stores: RoomSectionStores,
  { roomId }: RoomRange,
  question: StateQuestion,
): Promise<RoomEvent[]> {
  const { filter, changes } = question;
  if (!passesRoom(filter, roomId)) return [];
  const state = changes ? await changedState(stores, question, changes) : await wholeState(stores, question);
  return state.filter((event) => {
    const { type, sender } = event;
    return passesEvent(filter, { type, sender, hasUrl: () => hasContentMember(event, "url") });
  });
}

async function wholeState(stores: RoomSectionStores, question: StateQuestion): Promise<RoomEvent[]> {
  const { source, timeline, filter, atEnd } = question;
  const lazy = filter.lazyLoadMembers ? new Set(lazyMembers(question)) : undefined;
  const end = lazy
    ? [...(await source.listBesideMembers()), ...(await source.listMembers([...lazy]))]
    : await source.listAll();
  if (atEnd) return end;
  const isTold = ({ type, stateKey }: RoomEvent) => !lazy || type !== memberType || lazy.has(stateKey ?? "");
  const state = await undo(stores, end, timeline.covered.filter(isTold));
  const shown = idsOf(timeline.events);
  for (const event of timeline.covered) {
    if (event.stateKey !== undefined && !shown.has(event.eventId)) state.set(placeOf(event), event);
  }
  return [...state.values()];
}

async function changedState(
  stores: RoomSectionStores,
  question: StateQuestion,
  changes: readonly RoomEvent[],
): Promise<RoomEvent[]> {
  const { source, timeline, filter, atEnd } = question;
  const shown = idsOf(timeline.events);
  const changed = newestOfEachPlace(atEnd ? changes : changes.filter(({ eventId }) => !shown.has(eventId)));
  if (!filter.lazyLoadMembers) return changed;
  const told = new Set(changed.map(placeOf));
  const missing = lazyMembers(question).filter((userId) => !told.has(placeOf({ type: memberType, stateKey: userId })));
  const members = await source.listMembers(missing);
  if (atEnd) return [...changed, ...members];
  const isMissing = ({ type, stateKey }: RoomEvent) => type === memberType && missing.includes(stateKey ?? "");
  return [...changed, ...(await undo(stores, members, timeline.covered.filter(isMissing))).values()];
}

function lazyMembers({ timeline, members, atEnd }: StateQuestion): string[] {
  return [...new Set([...membersOfTimeline(timeline.events, atEnd), ...members])];
}

/** The state as it was before some events, the oldest of which is first, by place. */
async function undo(
  stores: RoomSectionStores,
  after: readonly RoomEvent[],
  events: readonly RoomEvent[],
): Promise<Map<string, RoomEvent>> {
  const state = new Map(after.map((event) => [placeOf(event), event]));
  const first = new Map<string, RoomEvent>();
  for (const event of events) {
    if (event.stateKey !== undefined && !first.has(placeOf(event))) first.set(placeOf(event), event);
  }
  const replaced = [...first.values()].flatMap(({ replaces }) => replaces ?? []);
  for (const place of first.keys()) state.delete(place);
  if (replaced.length === 0) return state;
  for (const event of await stores.events.listEvents(replaced)) state.set(placeOf(event), event);
  return state;
}
