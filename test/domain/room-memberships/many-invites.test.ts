import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { InProcessTurns } from "../../../src/adapters/system/in-process-turns.ts";
import { createRoom } from "../../../src/domain/room-memberships/create-room.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { alice, type House, newUser, openHouse } from "../open-house.ts";
import { requesterOf } from "../profiles/room-house.ts";
import { refusal } from "../refusal.ts";

const nothing = {
  ...{ visibility: undefined, roomVersion: undefined, roomAliasName: undefined, name: undefined, topic: undefined },
  ...{ isDirect: true, invite3pid: [], creationContent: {}, powerLevelContentOverride: {}, preset: undefined },
};

/** Alice and so many others, with what is done before a unit of work, by its number from 1. */
async function openCrowd(
  t: TestContext,
  count: number,
  before: (unit: number) => Promise<void> = async () => undefined,
) {
  const house = await openHouse(t);
  const names = Array.from({ length: count }, (_, index) => `user${String(index).padStart(3, "0")}`);
  await newUser(house);
  const users: UserId[] = [];
  for (const name of names) users.push(await newUser(house, name));
  let units = 0;
  const unitOfWork: House["unitOfWork"] = {
    async run(scope, work) {
      await before(++units);
      return house.unitOfWork.run(scope, work);
    },
  };
  return { ...house, turns: new InProcessTurns(), unitOfWork, users, units: () => units };
}

type Crowd = Awaited<ReturnType<typeof openCrowd>>;

function create(crowd: Crowd, initialState: readonly JsonObject[] = [], invite: readonly string[] = crowd.users) {
  return createRoom(crowd, requesterOf(alice), { ...nothing, invite, initialState });
}

async function invited(crowd: Crowd): Promise<string[]> {
  const members = (await crowd.rows("room_members")).filter(({ membership }) => membership === "invite");
  return members.map(({ user_id }) => String(user_id)).sort();
}

test("a new room's invites are some in a unit, and all of them are made", async (t) => {
  const crowd = await openCrowd(t, 35);
  await create(crowd);
  assert.deepEqual(await invited(crowd), crowd.users);
  assert.equal(crowd.units(), 4);
  const contents = (await crowd.rows("events")).filter(({ type }) => type === "m.room.member").slice(1);
  for (const { content } of contents) assert.equal(JSON.parse(content).is_direct, true);
});

test("no room is made when the last of many invitees does not exist", async (t) => {
  const crowd = await openCrowd(t, 15);
  const strangers = [...crowd.users, "@stranger:example.org"];
  assert.equal((await refusal(create(crowd, [], strangers))).errcode, "M_FORBIDDEN");
  assert.deepEqual(await crowd.rows("rooms"), []);
});

test("no room is made when its initial state has no place for the last of many invitees", async (t) => {
  const crowd = await openCrowd(t, 15);
  const ban = { type: "m.room.member", state_key: crowd.users.at(-1), content: { membership: "ban" } } as JsonObject;
  assert.equal((await refusal(create(crowd, [ban]))).errcode, "M_INVALID_ROOM_STATE");
  const closed = { type: "m.room.power_levels", content: { users: { [alice]: 100 }, invite: 101 } };
  assert.equal((await refusal(create(crowd, [closed]))).errcode, "M_INVALID_ROOM_STATE");
  assert.deepEqual(await crowd.rows("rooms"), []);
});

test("who ends the account while others are invited is not invited, and fails nothing", async (t) => {
  const crowd: Crowd = await openCrowd(t, 25, async (unit) => {
    const gone = crowd.users[22]!;
    const end: Parameters<typeof crowd.unitOfWork.run<void>>[1] = ({ accounts }) => accounts.deactivate(gone, 0);
    if (unit === 3) await crowd.unitOfWork.run({ exclusive: [gone] }, end);
  });
  await create(crowd);
  assert.deepEqual(
    await invited(crowd),
    crowd.users.filter((_, index) => index !== 22),
  );
});
