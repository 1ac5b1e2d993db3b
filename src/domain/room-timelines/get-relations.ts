import type { EventId } from "../../protocol/identifiers/event-id.ts";
import { requireOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import { formatPageToken } from "../../protocol/page-token.ts";
import { type IgnoredUsersMemory, recallIgnoredUsers } from "../account-data/ignored-users.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Reading, Snapshots } from "../kernel/unit-of-work.ts";
import { listVisible } from "../rooms/visibility/list-visible.ts";
import { requireSeenEvent, type SeeingStores } from "./find-seen-event.ts";
import type { EventOfRoom } from "./get-event.ts";
import type { RelationChoice, RelationStore } from "./relation-store.ts";
import { type ShowingStores, showEvents } from "./show-events.ts";
import type { ShownEvent } from "./shown-event.ts";
import { findPlace, placeBefore, placeBehind } from "./timeline-places.ts";

export interface GetRelationsDeps {
  readonly snapshots: Snapshots<SeeingStores & ShowingStores>;
  readonly ignoredUsers: IgnoredUsersMemory;
}

export interface RelationsRequest extends EventOfRoom, RelationChoice {
  readonly direction: "backward" | "forward";
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** 1 or more. */
  readonly limit: number;
  /** Whether what relates to related events is asked for, too. */
  readonly recurse: boolean;
}

export interface RelationsPage {
  readonly events: readonly ShownEvent[];
  readonly nextBatch: string | undefined;
  readonly prevBatch: string | undefined;
  /** How deep was looked; `undefined`: it was not asked for. */
  readonly recursionDepth: number | undefined;
}

/** Levels of relations that `recurse` looks through, and events that it knows as parents at most. */
const deepest = 3;
const mostParents = 1000;

/**
 * The events that relate to one, as far as the requester may see them.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidrelationseventid
 *
 * @throws MatrixError `M_NOT_FOUND` for the event, `M_INVALID_PARAM` for a token or a type
 */
export async function getRelations(
  deps: GetRelationsDeps,
  requester: Requester,
  request: RelationsRequest,
): Promise<RelationsPage> {
  const { roomId, eventId, relType, type, direction, limit, recurse } = request;
  const { userId } = requester;
  if (relType !== undefined) requireOpaqueText(relType, "relType");
  if (type !== undefined) requireOpaqueText(type, "eventType");
  return deps.snapshots.read(async (stores) => {
    await requireSeenEvent(stores, userId, roomId, eventId);
    const placeOf = async (token: string | undefined, parameter: string) =>
      token === undefined ? undefined : findPlace(stores.events, roomId, token, parameter);
    const range = { direction, from: await placeOf(request.from, "from"), to: await placeOf(request.to, "to") };
    const only = { relType, type };
    const parents = recurse ? await listParents(stores.relations, { roomId, eventId }, only) : [eventId];
    const related = await stores.relations.listRelated({ roomId, eventIds: parents }, only, range, limit);
    const ignored = await recallIgnoredUsers(deps.ignoredUsers, stores, userId);
    const wanted = related.filter(({ sender }) => !ignored.has(sender));
    const visible = await listVisible(stores, userId, roomId, wanted);
    const last = related.length === limit ? related.at(-1) : undefined;
    const next = last && (direction === "backward" ? placeBefore(last) : placeBehind(last));
    return {
      events: await showEvents(stores, requester, visible, { ignored }),
      nextBatch: next && formatPageToken(next),
      prevBatch: request.from,
      recursionDepth: recurse ? deepest : undefined,
    };
  });
}

/** The event, and what relates to it by way of relations of the wanted kind alone; no event twice. */
async function listParents(
  relations: Reading<RelationStore>,
  { roomId, eventId }: EventOfRoom,
  only: RelationChoice,
): Promise<EventId[]> {
  const parents = new Set([eventId]);
  let level = [eventId];
  for (let depth = 1; depth < deepest && level.length > 0; depth++) {
    const found = await relations.listRelatedIds({ roomId, eventIds: level }, only, mostParents - parents.size);
    level = found.filter((id) => !parents.has(id));
    for (const id of level) parents.add(id);
  }
  return [...parents];
}
