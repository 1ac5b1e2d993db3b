import { passesRoom, type RoomEventFilter } from "../../../filters/room-event-filter.ts";
import { changedPages, inSequence, noPage, type Page, type PageReader } from "../../../kernel/pages.ts";
import { inFormat } from "../../../room-timelines/in-format.ts";
import { listPassing } from "../../../room-timelines/list-passing.ts";
import { showState } from "../../../room-timelines/show-state.ts";
import type { ShownEvent } from "../../../room-timelines/shown-event.ts";
import { besideMembers, stateAfter, statePageLength, wholeState } from "../../../rooms/long-state.ts";
import { placeOf } from "../../../rooms/place-of.ts";
import type { RoomEvent, TimelineEvent } from "../../../rooms/room-event.ts";
import { membersOfTimeline } from "./lazy-members.ts";
import type { TimelinePart } from "./read-timeline.ts";
import {
  idsOf,
  newestOfEachPlace,
  type RoomRange,
  type RoomSectionStores,
  type RoomsQuestion,
} from "./room-question.ts";
import { olderChanges, type StateChanges } from "./state-changes.ts";
import { type ListMembers, memberType } from "./state-sources.ts";

/** What the state that a client is told belongs to. */
export interface StateQuestion {
  readonly timeline: TimelinePart;
  /** Whether all of the state is told; otherwise what has changed. */
  readonly isWhole: boolean;
  readonly changes: StateChanges;
  readonly filter: RoomEventFilter;
  readonly eventFormat: RoomsQuestion["eventFormat"];
  readonly atEnd: boolean;
  /** Members at the timeline's end. */
  readonly listMembers: ListMembers;
  /** Whose `m.room.member` events are told even where members are loaded lazily. */
  readonly members: readonly string[];
  /** After which the requester sees nothing; absent: there is none. */
  readonly lastSeen?: TimelineEvent | undefined;
  /** The answer has so much in it already that a long state is better read later. */
  readonly isLaden: boolean;
}

type StatePart = Page<RoomSectionStores, ShownEvent>;

/**
 * The state beside a timeline, of a long one a page. State events that the timeline's filter keeps out of it are told here,
 * so that a client ends with the state as it is.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync_response-200_joined-room
 */
export async function readState(
  stores: RoomSectionStores,
  range: RoomRange,
  question: StateQuestion,
): Promise<StatePart> {
  const { filter, eventFormat, isWhole, isLaden, lastSeen } = question;
  if (!passesRoom(filter, range.roomId)) return noPage;
  const { told, further } = await (isWhole ? allOfState(stores, range, question) : changedState(stores, question));
  const show = async (inside: RoomSectionStores, events: readonly RoomEvent[]) => {
    const passing = await listPassing(inside, filter, events, range.upTo);
    return inFormat(inside, eventFormat, await showState(inside, passing, lastSeen));
  };
  const rest = changedPages(inSequence(further), show);
  const shown = await show(stores, told);
  const isRead = further.length === 0;
  if (isRead || isLaden || told.length >= statePageLength) return { items: shown, next: isRead ? undefined : rest };
  const { items, next } = await rest(stores);
  return { items: [...shown, ...items], next };
}

/** What is told at once, and what may be long. */
interface ToldState {
  readonly told: readonly RoomEvent[];
  readonly further: readonly PageReader<RoomSectionStores, RoomEvent>[];
}

async function allOfState(
  stores: RoomSectionStores,
  { roomId, upTo }: RoomRange,
  question: StateQuestion,
): Promise<ToldState> {
  const { timeline, filter, atEnd, changes } = question;
  const last = timeline.covered.at(-1) ?? (await stores.events.listNewest(roomId, { since: 0, upTo }, 1))[0];
  if (!last) return { told: [], further: [] };
  const lazy = filter.lazyLoadMembers ? new Set(lazyMembers(question)) : undefined;
  const end = lazy ? await question.listMembers([...lazy]) : [];
  const state = stateAfter(last, lazy ? besideMembers : wholeState);
  const moved = lazy && changes.older ? [olderMembers(changes.older, lazy)] : [];
  if (atEnd) return { told: end, further: [state, ...moved] };
  const isTold = ({ type, stateKey }: RoomEvent) => !lazy || type !== memberType || lazy.has(stateKey ?? "");
  const covered = timeline.covered.filter(isTold);
  const told = await undo(stores, end, covered);
  const shown = idsOf(timeline.events);
  for (const event of timeline.covered) {
    if (event.stateKey !== undefined && !shown.has(event.eventId)) told.set(placeOf(event), event);
  }
  return { told: [...told.values()], further: [without(state, covered), ...moved] };
}

/** Who has come or gone so long ago that it is in no page that was read. */
function olderMembers(older: RoomRange, told: ReadonlySet<string>): PageReader<RoomSectionStores, RoomEvent> {
  const places = [...told].map((userId) => placeOf({ type: memberType, stateKey: userId }));
  return changedPages(olderChanges(older, new Set(places)), async (_, events) =>
    events.filter(({ type }) => type === memberType),
  );
}

function without(
  state: PageReader<RoomSectionStores, RoomEvent>,
  covered: readonly RoomEvent[],
): PageReader<RoomSectionStores, RoomEvent> {
  const places = new Set(covered.filter(({ stateKey }) => stateKey !== undefined).map(placeOf));
  return changedPages(state, async (_, events) => events.filter((event) => !places.has(placeOf(event))));
}

async function changedState(stores: RoomSectionStores, question: StateQuestion): Promise<ToldState> {
  const { timeline, filter, atEnd, changes } = question;
  const shown = idsOf(timeline.events);
  const { newest, older } = changes;
  const changed = newestOfEachPlace(atEnd ? newest : newest.filter(({ eventId }) => !shown.has(eventId)));
  const places = new Set(changed.map(placeOf));
  const members = filter.lazyLoadMembers ? await missingMembers(stores, question, places) : [];
  const told = [...changed, ...members];
  return { told, further: older ? [olderChanges(older, places, told)] : [] };
}

/** Those whom a client needs to show the timeline, and who are not told already. */
async function missingMembers(
  stores: RoomSectionStores,
  question: StateQuestion,
  told: ReadonlySet<string>,
): Promise<RoomEvent[]> {
  const { timeline, atEnd, listMembers } = question;
  const missing = lazyMembers(question).filter((userId) => !told.has(placeOf({ type: memberType, stateKey: userId })));
  const members = await listMembers(missing);
  if (atEnd) return members;
  const isMissing = ({ type, stateKey }: RoomEvent) => type === memberType && missing.includes(stateKey ?? "");
  return [...(await undo(stores, members, timeline.covered.filter(isMissing))).values()];
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
