import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import { type Device, deviceAt, serverName } from "./identities.ts";

/** The rooms of the benchmarks. Everybody in them is a person of `identities.ts`, by number. */
export interface PlannedRoom {
  readonly roomId: RoomId;
  /** The first makes it. */
  readonly members: readonly number[];
  /** How many messages there are after everybody has joined, of the members in turn. */
  readonly messages: number;
}

function roomIdOf(name: string): RoomId {
  return `!${name}:${serverName}` as RoomId;
}

function range(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => start + index);
}

/** Accounts; those below `identities.users` have a device. */
export const people = 10_000;

/** Everybody is in it. */
export const bigRoom: PlannedRoom = { roomId: roomIdOf("big"), members: range(0, people), messages: 20 };

export const pagedRoom: PlannedRoom = { roomId: roomIdOf("paged"), members: range(3_000, 4), messages: 30_000 };

/** Who is in all usual rooms, and how many are in each. */
const readerNumbers = range(4_000, 10);
const membersOfUsual = 20;

/** Each with others in it, beside those who are in all of them. */
export const usualRooms: readonly PlannedRoom[] = range(0, 200).map((number) => {
  const others = membersOfUsual - readerNumbers.length;
  return {
    roomId: roomIdOf(`usual-${number}`),
    members: [...range(1_000 + number * 9, others), ...readerNumbers],
    messages: 30,
  };
});

const senderNumbers = range(4_100, 16);

/** All senders are in each. */
export const sendingRooms: readonly PlannedRoom[] = range(0, 16).map((number) => {
  return { roomId: roomIdOf(`sending-${number}`), members: [...senderNumbers, ...range(4_200, 4)], messages: 30 };
});

export const plannedRooms: readonly PlannedRoom[] = [bigRoom, pagedRoom, ...usualRooms, ...sendingRooms];

export const readers: readonly Device[] = readerNumbers.map(deviceAt);
export const senders: readonly Device[] = senderNumbers.map(deviceAt);

/** The device of the room's member of this place in the list. */
export function memberOf({ members }: PlannedRoom, place: number): Device {
  return deviceAt(members[place % members.length] as number);
}
