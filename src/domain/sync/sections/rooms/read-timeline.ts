import { passesRoom } from "../../../filters/room-event-filter.ts";
import type { StreamPosition } from "../../../kernel/stream-position.ts";
import { listPassing } from "../../../room-timelines/list-passing.ts";
import type { TimelinePlace } from "../../../rooms/event-store.ts";
import type { TimelineEvent } from "../../../rooms/room-event.ts";
import type { Stay } from "../../../rooms/stay-store.ts";
import { listVisible, type SeenEvent } from "../../../rooms/visibility/list-visible.ts";
import type { RoomRange, RoomSectionStores, RoomsQuestion } from "./room-question.ts";

/** The newest events of a range, as many as a client wants at once. */
export interface TimelinePart {
  /** The oldest first. */
  readonly events: readonly SeenEvent[];
  /** Whether the range has more that the client wants. */
  readonly limited: boolean;
  /** Where earlier events are found. */
  readonly previous: TimelinePlace | undefined;
  /** What was read from the first of `events` on, what is not shown included, the oldest first. */
  readonly covered: readonly TimelineEvent[];
  /** Whether that is all of the range. */
  readonly isComplete: boolean;
}

export const noTimeline: TimelinePart = {
  ...{ events: [], limited: false, previous: undefined, covered: [] },
  isComplete: true,
};

/** Events of a timeline whose length is not asked for. */
const defaultLimit = 10;

/** Events that are looked through for those that a filter lets pass. */
const mostLookedAt = 500;

/** Events of a further page, where the first one had too few that may pass. */
const furtherPage = 100;

/** What of a range is shown in a timeline: as many events as the filter allows, the newest ones. */
export async function readTimeline(
  stores: RoomSectionStores,
  question: RoomsQuestion,
  { roomId, since, upTo }: RoomRange,
  stay: Stay | undefined,
): Promise<TimelinePart> {
  const { timeline: filter } = question.filter;
  if (!passesRoom(filter, roomId)) return { ...noTimeline, isComplete: false };
  const { limit = defaultLimit } = filter;
  const shown: SeenEvent[] = [];
  const covered: TimelineEvent[] = [];
  let end = upTo;
  let pageLength = limit + 1;
  for (let looked = 0; looked < mostLookedAt; looked += pageLength, pageLength = furtherPage) {
    const page = await stores.events.listNewest(roomId, { since, upTo: end }, pageLength);
    const wanted = await wantedOf(stores, question, page, { stay, upTo });
    for (const event of page) {
      const seen = wanted.get(event.position);
      if (!seen) covered.push(event);
      else if (shown.length === limit) return part(shown, covered, true);
      else {
        shown.push(seen);
        covered.push(event);
      }
    }
    if (page.length < pageLength) return part(shown, covered, false);
    end = (page.at(-1)?.position ?? 1) - 1;
  }
  return part(shown, covered, true);
}

function part(shown: readonly SeenEvent[], looked: readonly TimelineEvent[], limited: boolean): TimelinePart {
  const events = shown.toReversed();
  const start = events[0]?.position ?? Number.POSITIVE_INFINITY;
  // What is older than the first shown event is before the timeline, unless nothing is.
  const covered = (limited ? looked.filter(({ position }) => position >= start) : looked).toReversed();
  // Where nothing of what was looked at is shown, earlier events are behind all of it.
  const oldest = events[0] ?? looked.at(-1);
  const previous = oldest && { depth: oldest.depth, position: oldest.position - 1 };
  return { events, limited, previous, covered, isComplete: !limited };
}

/**
 * By position: what the user may see and wants to. State is told whoever has sent it:
 * https://spec.matrix.org/v1.19/client-server-api/#server-behaviour-13
 */
async function wantedOf(
  stores: RoomSectionStores,
  question: RoomsQuestion,
  page: readonly TimelineEvent[],
  { stay, upTo }: { readonly stay: Stay | undefined; readonly upTo: StreamPosition },
): Promise<Map<StreamPosition, SeenEvent>> {
  const { filter, ignored } = question;
  const heard = page.filter(({ stateKey, sender }) => stateKey !== undefined || !ignored.has(sender));
  const passing = await listPassing(stores, filter.timeline, heard, upTo);
  return visibleOf(stores, question, passing, stay);
}

/** By position. Who was there sees everything; of the time before and after that each event's state decides. */
async function visibleOf(
  stores: RoomSectionStores,
  { requester: { userId } }: RoomsQuestion,
  page: readonly TimelineEvent[],
  stay: Stay | undefined,
): Promise<Map<StreamPosition, SeenEvent>> {
  const wasThere = ({ position }: TimelineEvent) =>
    stay !== undefined && position >= stay.joinedAt && (stay.leftAt === undefined || position < stay.leftAt);
  const others = page.filter((event) => !wasThere(event));
  const roomId = others[0]?.roomId;
  const seen = roomId === undefined ? [] : await listVisible(stores, userId, roomId, others);
  const witnessed = page.filter(wasThere).map((event) => ({ ...event, ownMembership: "join" as const }));
  return new Map([...seen, ...witnessed].map((event) => [event.position, event]));
}
