import { changedPages, type PageReader } from "../kernel/pages.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { EventStore } from "../rooms/event-store.ts";
import { stateAfter } from "../rooms/long-state.ts";
import type { RoomEvent, TimelineEvent } from "../rooms/room-event.ts";
import type { RoomStateStore, StatePoint, StateRange } from "../rooms/room-state-store.ts";
import { findRedactionTargets } from "./redaction-targets.ts";
import type { RelationStore } from "./relation-store.ts";
import { type ShownEvent, withoutContent } from "./shown-event.ts";

export interface ShowingStateStores {
  readonly events: Reading<EventStore>;
  readonly relations: Reading<RelationStore>;
}

interface LongStateStores extends ShowingStateStores {
  readonly roomState: Reading<RoomStateStore>;
}

/**
 * Inside a snapshot: a room's state, or a part of it, as clients get it. Each event says which it replaced. What that one
 * said, and which membership the requester had, is told where events are shown and not here: `unsigned` is optional, and
 * what it costs to know these grows with the state.
 *
 * @param lastEvent after which the requester sees nothing; absent: there is none
 */
export async function showState(
  { events: store, relations }: ShowingStateStores,
  events: readonly RoomEvent[],
  lastEvent?: TimelineEvent,
): Promise<ShownEvent[]> {
  const ids = events.flatMap(({ redactedBy }) => redactedBy ?? []);
  if (ids.length === 0) return events.map((event) => ({ event }));
  const redactions = await store.listEvents([...new Set(ids)]);
  const targets = await findRedactionTargets(relations, redactions);
  const lastPosition = lastEvent?.position ?? Number.POSITIVE_INFINITY;
  const show = (event: RoomEvent): ShownEvent => {
    const redaction = { event, redacts: targets.get(event.eventId) };
    return (event.position ?? 0) > lastPosition ? withoutContent(redaction) : redaction;
  };
  const shown = new Map(redactions.map((event) => [event.eventId, show(event)]));
  return events.map((event) => ({ event, redactedBecause: event.redactedBy && shown.get(event.redactedBy) }));
}

/** The state after an event, or parts of it, as `showState` shows it. */
export function showStateAfter(
  event: StatePoint,
  ranges: readonly StateRange[],
  lastEvent: TimelineEvent | undefined,
): PageReader<LongStateStores, ShownEvent> {
  return changedPages(stateAfter(event, ranges), (stores: LongStateStores, events) =>
    showState(stores, events, lastEvent),
  );
}
