import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Appservice } from "../appservices/appservices.ts";
import type { TimelineEvent } from "../rooms/room-event.ts";
import type { FeedStores } from "./section.ts";

type InterestStores = Pick<FeedStores, "appserviceMembers" | "roomAliases">;

/**
 * The events that an appservice hears of: of its users, and of the rooms that it hears of, also because one of its users
 * was there when they came. https://spec.matrix.org/v1.19/application-service-api/#pushing-events
 *
 * @param events those that came in a range, in order
 */
export async function listEventsOfInterest(
  stores: InterestStores,
  appservice: Appservice,
  events: readonly TimelineEvent[],
): Promise<TimelineEvent[]> {
  const [first, last] = [events[0], events.at(-1)];
  if (!first || !last) return [];
  const inRooms = await stores.appserviceMembers.listEventPositions(appservice.id, first.position - 1, last.position);
  const positions = new Set(inRooms);
  const others = events.filter(({ position }) => !positions.has(position));
  const rooms = new Set(
    await listNamedRooms(
      stores,
      appservice,
      others.map(({ roomId }) => roomId),
    ),
  );
  return events.filter(
    (event) => positions.has(event.position) || rooms.has(event.roomId) || concernsUserOf(appservice, event),
  );
}

/** Of these rooms, those that an appservice hears of now. */
export async function listRoomsOfInterest(
  stores: InterestStores,
  appservice: Appservice,
  roomIds: readonly RoomId[],
): Promise<Set<RoomId>> {
  const withUsers = await stores.appserviceMembers.listRooms(appservice.id, [...new Set(roomIds)]);
  return new Set([...withUsers, ...(await listNamedRooms(stores, appservice, roomIds))]);
}

/** Those whose id or alias is in a namespace. */
async function listNamedRooms(
  { roomAliases }: InterestStores,
  appservice: Appservice,
  roomIds: readonly RoomId[],
): Promise<RoomId[]> {
  const { rooms, aliases } = appservice.registration.namespaces;
  if (rooms.length === 0 && aliases.length === 0) return [];
  const named: RoomId[] = [];
  for (const roomId of new Set(roomIds)) {
    const isNamed =
      appservice.coversRoom(roomId) ||
      (aliases.length > 0 && (await roomAliases.listAliases(roomId)).some((alias) => appservice.coversAlias(alias)));
    if (isNamed) named.push(roomId);
  }
  return named;
}

function concernsUserOf(appservice: Appservice, { type, stateKey, sender }: TimelineEvent): boolean {
  return appservice.covers(sender) || (type === "m.room.member" && appservice.covers(stateKey as UserId));
}
