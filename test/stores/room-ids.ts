import type { EventId } from "../../src/protocol/identifiers/event-id.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";

export const hall = roomNamed("hall");
export const cellar = roomNamed("cellar");

export function roomNamed(name: string): RoomId {
  return `!${name}:example.org` as RoomId;
}

export function eventNamed(name: string): EventId {
  return `$${name}` as EventId;
}
