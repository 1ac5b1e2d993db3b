import assert from "node:assert/strict";
import { test } from "node:test";
import { describeClient } from "../../../src/domain/accounts/begin-session.ts";
import { login } from "../../../src/domain/accounts/login.ts";
import { findRequester } from "../../../src/domain/authentication/find-requester.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { alice, client, newUser, openHouse, passwordLogin } from "../open-house.ts";
import { refusal } from "../refusal.ts";

test("a log-in gives a token of the user and a new device", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const session = await login(house, passwordLogin("alice"), client(undefined, { displayName: "Phone" }));
  assert.match(session.deviceId, /^[A-Z]{10}$/);
  const { accessTokenDigest: _, ...requester } = await findRequester(house, session.tokens.accessToken);
  assert.deepEqual(requester, { userId: alice, deviceId: session.deviceId });
  const [device] = await house.snapshots.read((stores) => stores.devices.listDevices(alice));
  assert.equal(device?.displayName, "Phone");
  assert.deepEqual(device?.lastSeen, { at: house.clock.now(), ip: "192.0.2.1" });
});

test("K9: a log-in onto a device ends its old tokens and keeps its keys and its name", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const first = await login(house, passwordLogin("alice"), client("PHONE", { displayName: "Old", refreshes: true }));
  const owner = { userId: alice, deviceId: first.deviceId };
  const keys = { ed25519: "e", curve25519: "c", json: "{}" };
  await house.unitOfWork.run("everything", (stores) => stores.deviceKeys.put(owner, keys, "{}"));
  const second = await login(house, passwordLogin("alice"), client("PHONE", { displayName: "New" }));
  assert.equal(second.deviceId, first.deviceId);
  assert.equal((await refusal(findRequester(house, first.tokens.accessToken))).errcode, "M_UNKNOWN_TOKEN");
  assert.deepEqual(await house.rows("refresh_tokens"), []);
  await findRequester(house, second.tokens.accessToken);
  await house.snapshots.read(async (stores) => {
    assert.deepEqual(await stores.deviceKeys.findDeviceKeys(owner), keys);
    assert.equal((await stores.devices.findDevice(owner))?.displayName, "Old");
  });
});

test("K11: a new device cannot have the name of a cross-signing key", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const key = { usage: "master", publicKey: "MASTER", json: "{}" } as const;
  await house.unitOfWork.run("everything", (stores) => stores.crossSigningKeys.put(alice, key, "{}"));
  const error = await refusal(login(house, passwordLogin("alice"), client("MASTER")));
  assert.equal(error.errcode, "M_INVALID_PARAM");
  assert.deepEqual(await house.rows("devices"), []);
});

test("wrong password, unknown user, impossible user and remote user are answered alike", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const users = ["nobody", "@alice:elsewhere.org", "not a:name", "", "@alice:example.org:8448"];
  const tries = [passwordLogin("alice", "wrong"), ...users.map((user) => passwordLogin(user, "alice's password"))];
  const errors = await Promise.all(tries.map((given) => refusal(login(house, given, client()))));
  assert.deepEqual(new Set(errors.map(({ errcode, message }) => `${errcode} ${message}`)).size, 1);
  assert.equal(errors[0]?.errcode, "M_FORBIDDEN");
});

test("a password that changes while it is checked does not log in", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const { passwordHasher, unitOfWork } = house;
  const slow = {
    hash: (password: string) => passwordHasher.hash(password),
    async verify(password: string, phc: string | undefined) {
      const right = await passwordHasher.verify(password, phc);
      const changed = await passwordHasher.hash("changed");
      await unitOfWork.run("everything", (stores) => stores.credentials.putPasswordHash(alice, changed));
      return right;
    },
  };
  const error = await refusal(login({ ...house, passwordHasher: slow }, passwordLogin("alice"), client()));
  assert.equal(error.errcode, "M_FORBIDDEN");
  assert.deepEqual(await house.rows("devices"), []);
});

test("E2: malformed log-ins are refused", async (t) => {
  const house = await openHouse(t);
  const good = passwordLogin("alice");
  const bad: [JsonObject, string][] = [
    [{ ...good, type: "m.login.token" }, "M_UNKNOWN"],
    [{ ...good, password: 1 }, "M_MISSING_PARAM"],
    [{ type: "m.login.password", password: "x" }, "M_MISSING_PARAM"],
    [{ ...good, identifier: [] }, "M_BAD_JSON"],
    [{ ...good, identifier: { type: "m.id.phone" } }, "M_UNKNOWN"],
    [{ ...good, identifier: { type: "m.id.user", user: {} } }, "M_MISSING_PARAM"],
  ];
  for (const [given, errcode] of bad) assert.equal((await refusal(login(house, given, client()))).errcode, errcode);
  const described = { deviceId: undefined, displayName: undefined, refreshes: false, ip: "" };
  assert.throws(() => describeClient({ ...described, deviceId: "a\u0000b" as DeviceId }), /device_id/);
  assert.throws(() => describeClient({ ...described, displayName: "\ud800" }), /initial_device_display_name/);
  assert.throws(() => describeClient({ ...described, displayName: "x".repeat(257) }), /256/);
});
