import type { AccountData } from "../../../account-data/account-data-store.ts";
import { noPage } from "../../../kernel/pages.ts";
import { isInTimeline } from "../../../rooms/is-in-timeline.ts";
import type { TimelineEvent } from "../../../rooms/room-event.ts";
import { isKnown, type RoomHistory, shownTimeline } from "./joined-room.ts";
import { noTimeline, readTimeline, type TimelinePart } from "./read-timeline.ts";
import type { RoomSectionStores, RoomsQuestion } from "./room-question.ts";
import type { ChangedRoom } from "./room-sync-store.ts";
import { listStateChanges, noChanges } from "./state-changes.ts";
import { readState } from "./state-part.ts";
import { pastMembers } from "./state-sources.ts";

/**
 * A room that the user has left, or is banned from: what happened until then. Who was not in it since the last answer (an
 * invite was rejected or taken back, a ban lifted) is told of that alone, as is who has forgotten the room meanwhile: one
 * device may leave a room and forget it before the others have heard of it.
 */
export async function readLeftRoom(
  stores: RoomSectionStores,
  question: RoomsQuestion,
  room: ChangedRoom,
  accountData: readonly AccountData[],
): Promise<RoomHistory | undefined> {
  const { roomId, stay, memberEventId, isForgotten } = room;
  const own = await stores.events.findEvent(memberEventId);
  if (!own || !isInTimeline(own)) return undefined;
  const leftAt = stay?.leftAt ?? 0;
  const wasThere = leftAt > question.since && !isForgotten;
  const history = wasThere ? await readUntil(stores, question, room, leftAt) : { timeline: noTimeline, state: noPage };
  // Whoever is banned after having left, say.
  const timeline = own.position > leftAt || isForgotten ? withLast(history.timeline, own, room) : history.timeline;
  const { items: state, next: furtherState } = history.state;
  return { roomId, timeline: await shownTimeline(stores, question, timeline), state, furtherState, accountData };
}

async function readUntil(stores: RoomSectionStores, question: RoomsQuestion, room: ChangedRoom, leftAt: number) {
  const { roomId, stay } = room;
  const since = isKnown(question, room) ? question.since : 0;
  const range = { roomId, since, upTo: leftAt };
  const timeline = await readTimeline(stores, question, range, stay);
  const [last] = await stores.events.listNewest(roomId, range, 1);
  const isWhole = question.whole || since === 0;
  const state = await readState(stores, range, {
    ...{ timeline, isWhole, changes: isWhole ? noChanges : await listStateChanges(stores, range, timeline) },
    ...{
      filter: question.filter.state,
      eventFormat: question.eventFormat,
      atEnd: question.stateAtEnd,
      isLaden: question.isLaden,
      lastSeen: last,
    },
    listMembers: pastMembers(stores, roomId, last?.stateAfter ?? 0),
    members: isWhole ? [question.requester.userId] : [],
  });
  return { timeline, state };
}

function withLast(timeline: TimelinePart, own: TimelineEvent, { membership }: ChangedRoom): TimelinePart {
  return { ...timeline, events: [...timeline.events, { ...own, ownMembership: membership }] };
}
