import type { TestContext } from "node:test";
import type { Requester } from "../../../src/domain/kernel/requester.ts";
import { createRoom } from "../../../src/domain/room-memberships/create-room.ts";
import { sendEvent } from "../../../src/domain/room-timelines/send-event.ts";
import type { EventId } from "../../../src/protocol/identifiers/event-id.ts";
import type { RoomId } from "../../../src/protocol/identifiers/room-id.ts";
import { alice, type House, newUser, openHouse } from "../open-house.ts";

/** Without a device, as an appservice acts: nothing needs to be logged in. */
export const requester: Requester = { userId: alice, deviceId: undefined, accessTokenDigest: Buffer.alloc(32) };

/** A house in which alice has a room. */
export async function openRoomOfAlice(t: TestContext): Promise<{ house: House; roomId: RoomId }> {
  const house = await openHouse(t);
  await newUser(house);
  const nothing = { visibility: undefined, preset: undefined, roomVersion: undefined, roomAliasName: undefined };
  const roomId = await createRoom({ ...house, appserviceUsers: { hasUser: async () => false } }, requester, {
    ...{ ...nothing, name: undefined, topic: undefined, isDirect: false, invite: [], invite3pid: [] },
    ...{ creationContent: {}, initialState: [], powerLevelContentOverride: {} },
  });
  return { house, roomId };
}

export function say(house: House, roomId: RoomId, transactionId: string): Promise<EventId> {
  return sendEvent(house, requester, { roomId, type: "m.room.message", transactionId, content: { body: "x" } });
}
