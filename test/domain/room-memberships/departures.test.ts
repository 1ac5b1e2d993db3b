import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Requester } from "../../../src/domain/kernel/requester.ts";
import { createRoom } from "../../../src/domain/room-memberships/create-room.ts";
import { joinRoom } from "../../../src/domain/room-memberships/join-room.ts";
import { finishDepartures, leaveAllRooms } from "../../../src/domain/room-memberships/leave-all-rooms.ts";
import type { RoomId } from "../../../src/protocol/identifiers/room-id.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { alice, bob, type House, newUser, openHouse } from "../open-house.ts";

const nothing = {
  ...{ visibility: undefined, roomVersion: undefined, roomAliasName: undefined, name: undefined, topic: undefined },
  ...{ isDirect: false, invite: [], invite3pid: [], creationContent: {}, initialState: [] },
  powerLevelContentOverride: {},
};

/** Acts without a device, as an appservice's users do. */
function requesterFor(userId: UserId): Requester {
  return { userId, deviceId: undefined, accessTokenDigest: Buffer.alloc(0), appserviceId: "bridge" };
}

/** Alice's rooms, all of which Bob is in. */
async function roomsWithBob(t: TestContext, count: number): Promise<{ house: House; rooms: RoomId[] }> {
  const house = await openHouse(t);
  await newUser(house, "alice");
  await newUser(house, "bob");
  const rooms: RoomId[] = [];
  for (let index = 0; index < count; index++) {
    const roomId = await createRoom(house, requesterFor(alice), { ...nothing, preset: "public_chat" });
    rooms.push(await joinRoom(house, requesterFor(bob), { room: roomId, reason: undefined }));
  }
  return { house, rooms };
}

async function endAccount({ unitOfWork, clock }: House): Promise<void> {
  await unitOfWork.run({ exclusive: [bob] }, async ({ accounts, departures }) => {
    await accounts.deactivate(bob, clock.now());
    await departures.add(bob);
  });
}

const joinedOf = ({ snapshots }: House, userId: UserId) =>
  snapshots.read(async ({ memberships }) => (await memberships.listRooms(userId, ["join"])).length);

const departing = ({ snapshots }: House) => snapshots.read(({ departures }) => departures.listDepartures(10));

test("a departure that a crash has cut short is finished later", async (t) => {
  const { house, rooms } = await roomsWithBob(t, 4);
  await endAccount(house);
  let units = 0;
  const crash = new Error("the process is killed");
  const mortal: House["unitOfWork"] = {
    run: (scope, work) => (++units > 3 ? Promise.reject(crash) : house.unitOfWork.run(scope, work)),
  };
  await assert.rejects(leaveAllRooms({ ...house, unitOfWork: mortal }, bob), crash);
  assert.equal(await joinedOf(house, bob), rooms.length - 2);
  assert.deepEqual(await departing(house), [bob]);
  await finishDepartures(house);
  assert.equal(await joinedOf(house, bob), 0);
  assert.equal(await joinedOf(house, alice), rooms.length);
  assert.deepEqual(await departing(house), []);
  // Nothing is left to do.
  const events = (await house.rows("events")).length;
  await finishDepartures(house);
  assert.equal((await house.rows("events")).length, events);
});

test("whose account has ended comes into no room any more", async (t) => {
  const { house } = await roomsWithBob(t, 1);
  await endAccount(house);
  const roomId = await createRoom(house, requesterFor(alice), { ...nothing, preset: "public_chat" });
  const refusal = { errcode: "M_FORBIDDEN" };
  await assert.rejects(joinRoom(house, requesterFor(bob), { room: roomId, reason: undefined }), refusal);
  await assert.rejects(createRoom(house, requesterFor(bob), { ...nothing, preset: undefined }), refusal);
  const invite = [bob];
  await assert.rejects(createRoom(house, requesterFor(alice), { ...nothing, preset: undefined, invite }), refusal);
});
