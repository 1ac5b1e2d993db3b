import { arrayText } from "../../../protocol/json-text.ts";
import type { StreamPosition } from "../../kernel/stream-position.ts";
import { eventText } from "../../room-timelines/event-text.ts";
import { findRedactionTargets } from "../../room-timelines/redaction-targets.ts";
import type { ShownEvent } from "../../room-timelines/shown-event.ts";
import type { TimelineEvent } from "../../rooms/room-event.ts";
import { listEventsOfInterest } from "../rooms-of-interest.ts";
import type { FeedStores, Making } from "../section.ts";

/** Events that are looked at for one transaction. */
const mostEvents = 100;
/** Bytes of the events in one: bridges take bodies of a mebibyte. */
const mostBytes = 512 * 1024;

/**
 * What has happened in the rooms that the appservice hears of, in the order in which it came. Nothing is written when it
 * comes: who hears of it is asked here.
 */
export async function eventsSection(stores: FeedStores, making: Making): Promise<boolean> {
  const { appservice, feed, present, members } = making;
  const arrived = await stores.events.listArrived(feed.eventPosition, present, mostEvents);
  if (arrived.length === 0) return false;
  const told = await listEventsOfInterest(stores, appservice, arrived);
  const texts = withinBounds(await eventTexts(stores, told, making.now));
  if (texts.length > 0) members.set("events", arrayText(texts));
  const reached = reachedPosition(making, arrived, told[texts.length]);
  // Also past what it does not hear of: a room that it hears of later had its events before.
  await stores.appserviceFeeds.putPositions(appservice.id, { eventPosition: reached });
  const { deviceListPosition } = feed;
  const seen = appservice.encrypts ? Math.min(reached, deviceListPosition) : reached;
  await stores.appserviceMembers.forgetEnded(appservice.id, seen);
  return texts.length > 0 || reached < present;
}

/** @param next the first event that did not go in, though it is to be told */
function reachedPosition(
  { present }: Making,
  arrived: readonly TimelineEvent[],
  next: TimelineEvent | undefined,
): StreamPosition {
  if (next) return next.position - 1;
  return arrived.length < mostEvents ? present : (arrived.at(-1)?.position ?? present);
}

/** In their order, as clients get them. */
async function eventTexts(stores: FeedStores, events: readonly TimelineEvent[], now: number): Promise<string[]> {
  const others = events.flatMap(({ replaces, redactedBy }) => [replaces ?? [], redactedBy ?? []].flat());
  const found = others.length === 0 ? [] : await stores.events.listEvents(others);
  const byId = new Map(found.map((event) => [event.eventId, event]));
  const targets = await findRedactionTargets(stores.relations, [...events, ...found]);
  const shown = events.map((event): ShownEvent => {
    const because = event.redactedBy && byId.get(event.redactedBy);
    return {
      event,
      redacts: targets.get(event.eventId),
      previousContent: event.replaces && byId.get(event.replaces)?.content,
      redactedBecause: because && { event: because, redacts: targets.get(because.eventId) },
    };
  });
  return shown.map((event) => eventText(event, { now, withRoomId: true }));
}

/** At least one, if there is any. */
function withinBounds(texts: readonly string[]): readonly string[] {
  let bytes = 0;
  const end = texts.findIndex((text, index) => {
    bytes += Buffer.byteLength(text);
    return bytes > mostBytes && index > 0;
  });
  return end < 0 ? texts : texts.slice(0, end);
}
