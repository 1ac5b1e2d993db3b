import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { parsePageToken } from "../../protocol/page-token.ts";
import { parseSyncToken } from "../../protocol/sync-token.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { EventStore, TimelinePlace } from "../rooms/event-store.ts";
import type { TimelineEvent } from "../rooms/room-event.ts";

/** Before the first event of a room. */
export const beginning: TimelinePlace = { depth: 0, position: 0 };

/** Behind the last event that there can be. */
export const liveEnd: TimelinePlace = { depth: Number.MAX_SAFE_INTEGER, position: Number.MAX_SAFE_INTEGER };

export function placeBefore({ depth, position }: TimelineEvent): TimelinePlace {
  return { depth, position: position - 1 };
}

export function placeBehind({ depth, position }: TimelineEvent): TimelinePlace {
  return { depth, position };
}

/** In topological order: negative when `one` comes first. */
export function comparePlaces(one: TimelinePlace, other: TimelinePlace): number {
  return one.depth - other.depth || one.position - other.position;
}

/**
 * Inside a snapshot: the place that a token of a page or of a sync names.
 *
 * @param parameter its name, for the message
 * @throws MatrixError `M_INVALID_PARAM`
 */
export async function findPlace(
  events: Reading<EventStore>,
  roomId: RoomId,
  token: string,
  parameter: string,
): Promise<TimelinePlace> {
  const place = parsePageToken(token);
  if (place) return place;
  const sync = parseSyncToken(token);
  if (sync) return events.findPlaceAt(roomId, sync.position);
  throw new MatrixError("M_INVALID_PARAM", `${parameter} is no token of this server`);
}
