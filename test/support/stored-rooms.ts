import { randomBytes } from "node:crypto";
import type { EventStore, NewEvent } from "../../src/domain/rooms/event-store.ts";
import type { Membership } from "../../src/domain/rooms/membership-store.ts";
import type { RoomHead, RoomStore } from "../../src/domain/rooms/room-store.ts";
import type { EventId } from "../../src/protocol/identifiers/event-id.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";

interface RoomStores {
  readonly events: EventStore;
  readonly rooms: RoomStore;
}

const emptyHead: RoomHead = {
  ...{ depth: 1, stateAfter: undefined, lastSnapshot: 0, joinedMembers: 0, invitedMembers: 0 },
};

/** An event as the stores keep it, that no server would let through: nothing is signed, and nobody was asked. */
export function storedEvent(roomId: RoomId, sender: UserId, members: Partial<NewEvent> = {}): NewEvent {
  return {
    ...{ eventId: `$${randomBytes(16).toString("base64url")}` as EventId, roomId, sender },
    ...{ type: "m.room.message", stateKey: undefined, originServerTs: 0, depth: 1, content: "{}", envelope: "{}" },
    ...{ stateBefore: 0, stateAfter: 0, replaces: undefined, relation: undefined, head: emptyHead, sent: undefined },
    ...members,
  };
}

/**
 * Inside a unit: the user's membership changes, whether the room would have it or not.
 * @param joinedMembers what the room says of itself
 */
export async function putMembership(
  { events }: Pick<RoomStores, "events">,
  roomId: RoomId,
  userId: UserId,
  after: Membership,
  before?: Membership,
  joinedMembers = 1,
): Promise<void> {
  const content = JSON.stringify({ membership: after });
  const head = { ...emptyHead, joinedMembers };
  const event = storedEvent(roomId, userId, { type: "m.room.member", stateKey: userId, content, head });
  await events.append(event, { userId, before, after });
}

/** Inside a unit: a room with these users in it. */
export async function putRoom(stores: RoomStores, roomId: RoomId, ...users: readonly UserId[]): Promise<void> {
  await stores.rooms.add(roomId, "10");
  for (const user of users) await putMembership(stores, roomId, user, "join", undefined, users.length);
}
