import assert from "node:assert/strict";
import { test } from "node:test";
import { getProfile, getProfileField } from "../../../src/domain/profiles/get-profile.ts";
import { setProfileField } from "../../../src/domain/profiles/set-profile-field.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { alice, bob, newUser } from "../open-house.ts";
import { refusal } from "../refusal.ts";
import { openRoomHouse, requesterOf } from "./room-house.ts";

test("fields of whatever JSON are kept, `__proto__` in them too", async (t) => {
  const house = await openRoomHouse(t);
  await newUser(house);
  const body = JSON.parse('{"org.example.a":{"__proto__":[1.5,null,"\\u0000"]}}') as JsonObject;
  await setProfileField(house, requesterOf(alice), { userId: alice, field: "org.example.a", body });
  const { value } = await getProfileField(house, alice, "org.example.a");
  assert.equal(value, JSON.stringify(body["org.example.a"]));
});

test("a profile is under 64 KiB, whatever it is made of", async (t) => {
  const house = await openRoomHouse(t);
  await newUser(house);
  const put = (field: string, value: string) =>
    setProfileField(house, requesterOf(alice), { userId: alice, field, body: { [field]: value } });
  const empty = Buffer.byteLength('{"org.a":"","org.b":""}');
  await put("org.a", "é".repeat(10_000));
  await put("org.b", "x".repeat(65_535 - 20_000 - empty));
  assert.equal((await refusal(put("org.c", ""))).errcode, "M_PROFILE_TOO_LARGE");
  assert.equal((await refusal(put("org.b", "x".repeat(65_536 - 20_000 - empty)))).errcode, "M_PROFILE_TOO_LARGE");
  await put("org.a", "");
  await put("org.c", "");
  const found = await getProfile(house, alice);
  assert.deepEqual(
    found.map(({ field }) => field),
    ["org.a", "org.b", "org.c"],
  );
});

test("there is no profile of a user of another server, an unknown or a deactivated one", async (t) => {
  const house = await openRoomHouse(t);
  await newUser(house, "bob");
  assert.deepEqual(await getProfile(house, bob), []);
  await house.unitOfWork.run("everything", ({ accounts }) => accounts.deactivate(bob, house.clock.now()));
  for (const userId of [bob, alice, "@alice:elsewhere.example" as UserId]) {
    assert.equal((await refusal(getProfile(house, userId))).errcode, "M_NOT_FOUND");
  }
});
