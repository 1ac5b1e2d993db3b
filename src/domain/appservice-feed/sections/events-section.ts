import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../protocol/json.ts";
import { arrayText } from "../../../protocol/json-text.ts";
import type { Appservice } from "../../appservices/appservices.ts";
import type { StreamPosition } from "../../kernel/stream-position.ts";
import { eventText } from "../../room-timelines/event-text.ts";
import { findRedactionTargets } from "../../room-timelines/redaction-targets.ts";
import type { ShownEvent, StrippedState } from "../../room-timelines/shown-event.ts";
import { membershipOf } from "../../rooms/membership-change.ts";
import type { RoomEvent, TimelineEvent } from "../../rooms/room-event.ts";
import { listStrippedState } from "../../rooms/stripped-state.ts";
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
  const texts = await eventTexts(stores, making, told);
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

/** In their order, as clients get them: as many as go into one transaction, but at least one, if there is any. */
async function eventTexts(
  stores: FeedStores,
  { appservice, now }: Making,
  events: readonly TimelineEvent[],
): Promise<string[]> {
  const shown = await showEvents(stores, events);
  const texts: string[] = [];
  let bytes = 0;
  for (const event of shown) {
    const strippedState = await readStrippedState(stores, appservice, event.event);
    const text = eventText({ ...event, strippedState }, { now, withRoomId: true });
    bytes += Buffer.byteLength(text);
    if (bytes > mostBytes && texts.length > 0) break;
    texts.push(text);
  }
  return texts;
}

async function showEvents(stores: FeedStores, events: readonly TimelineEvent[]): Promise<ShownEvent[]> {
  const others = events.flatMap(({ replaces, redactedBy }) => [replaces ?? [], redactedBy ?? []].flat());
  const found = others.length === 0 ? [] : await stores.events.listEvents(others);
  const byId = new Map(found.map((event) => [event.eventId, event]));
  const targets = await findRedactionTargets(stores.relations, [...events, ...found]);
  return events.map((event) => {
    const because = event.redactedBy && byId.get(event.redactedBy);
    return {
      event,
      redacts: targets.get(event.eventId),
      previousContent: event.replaces && byId.get(event.replaces)?.content,
      redactedBecause: because && { event: because, redacts: targets.get(because.eventId) },
    };
  });
}

/**
 * A user of the appservice who is invited, or knocks, has no other way to know what the room is: bridges do not sync.
 * https://spec.matrix.org/v1.19/client-server-api/#mroommember, `invite_room_state`
 */
async function readStrippedState(
  { roomState }: FeedStores,
  appservice: Appservice,
  event: RoomEvent,
): Promise<StrippedState | undefined> {
  const { type, stateKey, content } = event;
  if (type !== "m.room.member" || !appservice.covers(stateKey as UserId)) return undefined;
  const membership = membershipOf(JSON.parse(content) as JsonObject);
  if (membership !== "invite" && membership !== "knock") return undefined;
  return { membership, events: await listStrippedState(roomState, event) };
}
