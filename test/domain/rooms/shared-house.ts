import type { TestContext } from "node:test";
import { InProcessTurns } from "../../../src/adapters/system/in-process-turns.ts";
import type { UnitScope } from "../../../src/domain/kernel/unit-of-work.ts";
import { createRoom } from "../../../src/domain/room-memberships/create-room.ts";
import { joinRoom } from "../../../src/domain/room-memberships/join-room.ts";
import type { RoomId } from "../../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { alice, type House, newUser, openHouse } from "../open-house.ts";
import { requesterOf } from "../profiles/room-house.ts";

const plain = {
  ...{ visibility: undefined, roomVersion: undefined, roomAliasName: undefined, name: undefined, topic: undefined },
  ...{ isDirect: false, invite: [], invite3pid: [], creationContent: {}, initialState: [] },
  ...{ powerLevelContentOverride: {}, preset: "public_chat" },
};

/**
 * A room of alice with some members, in a house where those who wait for a room share units, as on PostgreSQL. `units` is
 * what ran since.
 */
export async function openSharedHouse(t: TestContext, ...members: readonly string[]) {
  const house = await openHouse(t);
  for (const name of ["alice", ...members]) await newUser(house, name);
  const roomId = await createRoom(house, requesterOf(alice), plain);
  for (const name of members) {
    await joinRoom(house, requesterOf(userNamed(name)), { room: roomId, reason: undefined });
  }
  const units: UnitScope[] = [];
  const unitOfWork: House["unitOfWork"] = {
    run: (scope, work) => {
      units.push(scope);
      return house.unitOfWork.run(scope, work);
    },
  };
  return { ...house, unitOfWork, turns: new InProcessTurns(), roomId, units };
}

export type SharedHouse = Awaited<ReturnType<typeof openSharedHouse>>;

export function userNamed(name: string): UserId {
  return `@${name}:example.org` as UserId;
}

/** What the room's events are, the oldest first, without those that made it. */
export async function eventsOf(house: House, roomId: RoomId, type: string) {
  const rows = (await house.rows("events")).filter((row) => row.room_id === roomId && row.type === type);
  return rows.sort((one, other) => Number(one.position) - Number(other.position));
}
