import type { RoomId } from "../../../../protocol/identifiers/room-id.ts";
import type { AccountData } from "../../../account-data/account-data-store.ts";
import type { PageReader } from "../../../kernel/pages.ts";
import { inFormat } from "../../../room-timelines/in-format.ts";
import { showEvents } from "../../../room-timelines/show-events.ts";
import type { ShownEvent } from "../../../room-timelines/shown-event.ts";
import type { TimelinePlace } from "../../../rooms/event-store.ts";
import type { RoomEvent } from "../../../rooms/room-event.ts";
import { type EphemeralPart, readEphemeral } from "./ephemeral-part.ts";
import { noTimeline, readTimeline, type TimelinePart } from "./read-timeline.ts";
import type { RoomSectionStores, RoomsQuestion } from "./room-question.ts";
import type { ChangedRoom } from "./room-sync-store.ts";
import { listStateChanges, noChanges } from "./state-changes.ts";
import { readState } from "./state-part.ts";
import { currentMembers, memberType } from "./state-sources.ts";
import { type RoomSummary, readSummary } from "./summary-part.ts";

export type FurtherState = PageReader<RoomSectionStores, ShownEvent>;

/** What a client is told of a room's events. */
export interface RoomHistory {
  readonly roomId: RoomId;
  readonly timeline: {
    readonly events: readonly ShownEvent[];
    readonly limited: boolean;
    readonly previous: TimelinePlace | undefined;
  };
  readonly state: readonly ShownEvent[];
  /** Reads what there is of the state beside that, outside the snapshot too; `undefined`: nothing. */
  readonly furtherState: FurtherState | undefined;
  readonly accountData: readonly AccountData[];
}

export interface JoinedRoom extends RoomHistory {
  readonly summary: RoomSummary | undefined;
  readonly ephemeral: EphemeralPart;
}

/**
 * A room that the user is in. One that the user joined after the last answer is told as if there had been none.
 *
 * @param accountData what of the user's own data of this room is told
 * @returns `undefined` when there is nothing to tell
 */
export async function readJoinedRoom(
  stores: RoomSectionStores,
  question: RoomsQuestion,
  room: ChangedRoom,
  accountData: readonly AccountData[],
): Promise<JoinedRoom | undefined> {
  const { roomId, stay, eventPosition } = room;
  const { requester, upTo, filter, eventFormat, stateAtEnd, isLaden } = question;
  const since = isKnown(question, room) ? question.since : 0;
  const range = { roomId, since, upTo };
  const isWhole = question.whole || since === 0;
  const timeline = eventPosition > since ? await readTimeline(stores, question, range, stay) : noTimeline;
  const changes = since === 0 ? noChanges : await listStateChanges(stores, range, timeline);
  const summary = await readSummary(stores, requester.userId, room, isWhole ? undefined : changes);
  const state = await readState(stores, range, {
    ...{ timeline, isWhole, changes, filter: filter.state, eventFormat, atEnd: stateAtEnd, isLaden },
    listMembers: currentMembers(stores, roomId),
    // Who has come or gone within a gap is told, lazily or not: no later answer would say it.
    members: [...(summary?.heroes ?? []), ...(isWhole ? [requester.userId, ...membersIn(changes.newest)] : [])],
  });
  const active = since === 0 ? { ...room, hasTyping: true, hasReceipts: true } : room;
  const ephemeral = await readEphemeral(stores, question, active, since);
  const parts = { summary, ephemeral, state: state.items, furtherState: state.next, accountData };
  if (!isWhole && isEmpty(timeline, parts)) return undefined;
  return { roomId, timeline: await shownTimeline(stores, question, timeline), ...parts };
}

function membersIn(changes: readonly RoomEvent[]): string[] {
  return changes.flatMap(({ type, stateKey }) => (type === memberType && stateKey !== undefined ? [stateKey] : []));
}

/** Whether the client has been told of a room before: the user has been in it all the time since. */
export function isKnown({ since }: Pick<RoomsQuestion, "since">, { stay }: ChangedRoom): boolean {
  return stay !== undefined && stay.joinedAt <= since;
}

function isEmpty(timeline: TimelinePart, parts: Omit<JoinedRoom, "roomId" | "timeline">): boolean {
  const { summary, ephemeral, state, furtherState, accountData } = parts;
  const { typing, receipts, hasReadOn } = ephemeral;
  const hasState = state.length > 0 || furtherState !== undefined || summary !== undefined;
  const hasEvents = timeline.events.length > 0 || timeline.limited;
  return !(hasEvents || hasState || typing !== undefined || receipts.length > 0 || hasReadOn || accountData.length > 0);
}

/** What relates to events is told where the client may not have it: where there is a gap. */
export async function shownTimeline(
  stores: RoomSectionStores,
  { requester, lost, ignored, eventFormat }: RoomsQuestion,
  { events, limited, previous }: TimelinePart,
): Promise<RoomHistory["timeline"]> {
  const hasGap = limited || lost;
  const shown = await showEvents(stores, requester, events, { withAggregations: hasGap, ignored });
  return { events: await inFormat(stores, eventFormat, shown), limited: hasGap, previous };
}
