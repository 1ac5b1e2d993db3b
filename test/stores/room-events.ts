import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import type { ReadingAll } from "../../src/domain/kernel/unit-of-work.ts";
import type { MembershipChange, NewEvent } from "../../src/domain/rooms/event-store.ts";
import type { Membership } from "../../src/domain/rooms/membership-store.ts";
import type { RoomHead } from "../../src/domain/rooms/room-store.ts";
import type { EventId } from "../../src/protocol/identifiers/event-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import type { TestDatabase } from "./engines.ts";
import { alice, noon } from "./owners.ts";
import { eventNamed, roomNamed } from "./room-ids.ts";

export const room = roomNamed("room");
export const otherRoom = roomNamed("other");

/** Of a room with one event. */
export const firstHead: RoomHead = {
  ...{ depth: 1, stateAfter: 1, lastSnapshot: 1, joinedMembers: 1, invitedMembers: 0 },
};

/** A message: what a test says of it differs. */
export function message(name: string, differences: Partial<NewEvent> = {}): NewEvent {
  return {
    ...{ eventId: eventNamed(name), roomId: room, type: "m.room.message", stateKey: undefined, sender: alice },
    ...{ originServerTs: noon, content: `{"body":"${name}"}`, envelope: `{"type":"${name}"}`, depth: 1 },
    ...{ stateBefore: 1, stateAfter: 1, replaces: undefined, relation: undefined, head: firstHead, sent: undefined },
    ...differences,
  };
}

export function stateEvent(name: string, type: string, stateKey = "", differences: Partial<NewEvent> = {}): NewEvent {
  return message(name, { type, stateKey, stateAfter: 2, ...differences });
}

export function change(userId: UserId, before: Membership | undefined, after: Membership): MembershipChange {
  return { userId, before, after };
}

type Appended = NewEvent | readonly [event: NewEvent, membership: MembershipChange];

/** In one unit. */
export function append({ unitOfWork }: TestDatabase, ...appended: readonly Appended[]): Promise<void> {
  return unitOfWork.run("everything", async ({ events }) => {
    for (const each of appended) {
      const [event, membership] = "eventId" in each ? [each, undefined] : each;
      await events.append(event, membership);
    }
  });
}

/** An event by which a user's membership becomes `after`. */
export function member(
  name: string,
  userId: UserId,
  before: Membership | undefined,
  after: Membership,
  roomId = room,
): readonly [NewEvent, MembershipChange] {
  return [stateEvent(name, "m.room.member", userId, { roomId }), change(userId, before, after)];
}

export function read<T>({ snapshots }: TestDatabase, work: (stores: ReadingAll<Stores>) => Promise<T>): Promise<T> {
  return snapshots.read(work);
}

/** What tests compare lists by. */
export function names(events: readonly { readonly eventId: EventId }[]): string {
  return events.map((event) => event.eventId.slice(1)).join(" ");
}
