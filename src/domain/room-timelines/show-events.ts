import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { EventStore } from "../rooms/event-store.ts";
import { isInTimeline } from "../rooms/is-in-timeline.ts";
import type { Membership } from "../rooms/membership-store.ts";
import type { RoomEvent } from "../rooms/room-event.ts";
import type { SentEventStore } from "../rooms/sent-event-store.ts";
import { listVisible, type VisibilityStores } from "../rooms/visibility/list-visible.ts";
import { type Aggregates, type AggregatingStores, findAggregates, noAggregates } from "./find-aggregates.ts";
import { newestEdit } from "./newest-edit.ts";
import { findRedactionTargets } from "./redaction-targets.ts";
import { type BundledAggregations, type ShownEvent, withoutContent } from "./shown-event.ts";

export interface ShowingStores extends VisibilityStores, AggregatingStores {
  readonly events: Reading<EventStore>;
  readonly sentEvents: Reading<SentEventStore>;
}

/** An event that the requester may see; what was not found by way of a timeline has no membership with it. */
export type ShowableEvent = RoomEvent & { readonly ownMembership?: Membership };

export interface ShowOptions {
  /** Whether events tell what relates to them: they do unless the client gets those events too, and counts itself. */
  readonly withAggregations?: boolean;
  /** Whom the requester ignores, where that is known: otherwise it is read as it is needed. */
  readonly ignored?: ReadonlySet<UserId>;
}

/** Inside a snapshot: events of one room with what `unsigned` says of them to the requester, in the same order. */
export async function showEvents(
  stores: ShowingStores,
  requester: Requester,
  events: readonly ShowableEvent[],
  { withAggregations = true, ignored }: ShowOptions = {},
): Promise<ShownEvent[]> {
  if (events.length === 0) return [];
  const aggregates = withAggregations ? await findAggregates(stores, requester.userId, events, ignored) : noAggregates;
  const found = await findOthers(stores, requester, events, aggregates);
  const others = [...found.seen.values(), ...found.redactions.values()];
  const details: Details = {
    ...{ requester, aggregates, ...found },
    sent: await listTransactionIds(stores, requester, [...events, ...others]),
    targets: await findRedactionTargets(stores.relations, [...events, ...others]),
  };
  return events.map((event) => shown(details, event));
}

interface OtherEvents {
  /** What was replaced, replacements, last events of threads, redactions: as far as the requester may see them. */
  readonly seen: ReadonlyMap<EventId, ShowableEvent>;
  readonly redactions: ReadonlyMap<EventId, RoomEvent>;
}

interface Details extends OtherEvents {
  readonly requester: Requester;
  readonly aggregates: Aggregates;
  readonly sent: ReadonlyMap<EventId, string>;
  readonly targets: ReadonlyMap<EventId, EventId>;
}

async function findOthers(
  stores: ShowingStores,
  { userId }: Requester,
  events: readonly RoomEvent[],
  { threads, edits }: Aggregates,
): Promise<OtherEvents> {
  const redactionIds = new Set(events.flatMap(({ redactedBy }) => redactedBy ?? []));
  const wanted = [
    ...events.flatMap(({ replaces }) => replaces ?? []),
    ...[...threads.values()].map(({ latestId }) => latestId),
    ...[...edits.values()].flat().map(({ eventId }) => eventId),
  ];
  const ids = [...new Set([...redactionIds, ...wanted])];
  const roomId = events[0]?.roomId;
  if (ids.length === 0 || roomId === undefined) return { seen: new Map(), redactions: new Map() };
  // What relates to an event may stand in any room, and then it does not count.
  const found = (await stores.events.listEvents(ids)).filter((event) => event.roomId === roomId);
  const visible = await listVisible(stores, userId, roomId, found.filter(isInTimeline));
  return {
    seen: new Map(visible.map((event) => [event.eventId, event])),
    redactions: new Map(
      found.filter(({ eventId }) => redactionIds.has(eventId)).map((event) => [event.eventId, event]),
    ),
  };
}

async function listTransactionIds(
  stores: ShowingStores,
  { userId, deviceId }: Requester,
  events: readonly RoomEvent[],
): Promise<Map<EventId, string>> {
  const own = events.filter(({ sender, stateKey }) => sender === userId && stateKey === undefined);
  if (own.length === 0) return new Map();
  const ids = own.map(({ eventId }) => eventId);
  return stores.sentEvents.listTransactionIds({ userId, deviceId: deviceId ?? "" }, ids);
}

function shown(details: Details, event: ShowableEvent): ShownEvent {
  const because = event.redactedBy && details.redactions.get(event.redactedBy);
  return {
    ...plain(details, event),
    previousContent: event.replaces && details.seen.get(event.replaces)?.content,
    redactedBecause:
      because &&
      (details.seen.has(because.eventId) ? plain(details, because) : withoutContent(plain(details, because))),
    aggregations: bundled(details, event),
  };
}

function plain({ sent, targets }: Details, event: ShowableEvent): ShownEvent {
  const { eventId, ownMembership } = event;
  return { event, ownMembership, transactionId: sent.get(eventId), redacts: targets.get(eventId) };
}

function bundled(details: Details, event: RoomEvent): BundledAggregations | undefined {
  const { seen, requester, aggregates } = details;
  const edit = newestEdit(event, aggregates.edits.get(event.eventId), seen);
  const summary = aggregates.threads.get(event.eventId);
  const latest = summary && seen.get(summary.latestId);
  const references = (aggregates.references.get(event.eventId) ?? []).map(({ eventId }) => eventId);
  if (!edit && !latest && references.length === 0) return undefined;
  const hasParticipated = summary?.isOwn === true || event.sender === requester.userId;
  return {
    edit: edit && plain(details, edit),
    thread: summary && latest && { latest: shown(details, latest), count: summary.count, hasParticipated },
    references,
  };
}
