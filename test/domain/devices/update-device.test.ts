import assert from "node:assert/strict";
import { test } from "node:test";
import { login } from "../../../src/domain/accounts/login.ts";
import { findRequester } from "../../../src/domain/authentication/find-requester.ts";
import { getDevice, getDevices } from "../../../src/domain/devices/get-devices.ts";
import { noteDeviceSeen } from "../../../src/domain/devices/note-device-seen.ts";
import { updateDevice } from "../../../src/domain/devices/update-device.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import { alice, client, type House, newUser, openHouse, passwordLogin } from "../open-house.ts";
import { refusal } from "../refusal.ts";

const phone = { userId: alice, deviceId: "PHONE" as DeviceId };

async function requesterOn(house: House, deviceId: string) {
  await newUser(house);
  const { tokens } = await login(house, passwordLogin("alice"), client(deviceId));
  return findRequester(house, tokens.accessToken);
}

async function rendered(house: House): Promise<unknown> {
  const [keys] = await house.snapshots.read((stores) => stores.deviceKeys.listRendered([alice]));
  return JSON.parse(keys?.rendered ?? "null");
}

test("Q2: a new name stands in the device keys at once, and is announced", async (t) => {
  const house = await openHouse(t);
  const requester = await requesterOn(house, "PHONE");
  const keys = { ed25519: "e", curve25519: "c", json: '{"device_id":"PHONE"}' };
  await house.unitOfWork.run("everything", (stores) => stores.deviceKeys.put(phone, keys, keys.json));
  await updateDevice(house, requester, { deviceId: "PHONE", displayName: "Alice's phone", ip: "192.0.2.1" });
  assert.deepEqual(await rendered(house), {
    device_id: "PHONE",
    unsigned: { device_display_name: "Alice's phone" },
  });
  assert.equal((await house.rows("device_list_changes")).length, 1);
  assert.deepEqual(house.woken, [alice]);
  const [before] = await house.rows("stream");
  await updateDevice(house, requester, { deviceId: "PHONE", displayName: "Alice's phone", ip: "192.0.2.1" });
  await updateDevice(house, requester, { deviceId: "PHONE", displayName: undefined, ip: "192.0.2.1" });
  assert.equal((await house.rows("stream"))[0]?.["position"], before?.["position"]);
});

test("a device without keys is renamed in silence", async (t) => {
  const house = await openHouse(t);
  const requester = await requesterOn(house, "PHONE");
  await updateDevice(house, requester, { deviceId: "PHONE", displayName: "Phone", ip: "192.0.2.1" });
  assert.equal((await getDevice(house, requester, "PHONE")).displayName, "Phone");
  assert.deepEqual(await house.rows("device_list_changes"), []);
});

test("unknown devices and impossible names are refused", async (t) => {
  const house = await openHouse(t);
  const requester = await requesterOn(house, "PHONE");
  const unknown = updateDevice(house, requester, { deviceId: "LAPTOP", displayName: "x", ip: "192.0.2.1" });
  assert.equal((await refusal(unknown)).errcode, "M_NOT_FOUND");
  assert.equal((await refusal(getDevice(house, requester, "LAPTOP"))).errcode, "M_NOT_FOUND");
  const long = updateDevice(house, requester, { deviceId: "PHONE", displayName: "x".repeat(257), ip: "192.0.2.1" });
  assert.equal((await refusal(long)).errcode, "M_TOO_LARGE");
  const nul = updateDevice(house, requester, { deviceId: "PHONE", displayName: "\0", ip: "192.0.2.1" });
  assert.equal((await refusal(nul)).errcode, "M_BAD_JSON");
});

test("a device is noted as seen at most once an hour", async (t) => {
  const house = await openHouse(t);
  const requester = await requesterOn(house, "PHONE");
  const start = house.clock.now();
  const seen = async () => (await getDevices(house, requester))[0]?.lastSeen;
  house.clock.advance(10);
  await noteDeviceSeen(house, requester, "192.0.2.2");
  assert.deepEqual(await seen(), { at: start + 10, ip: "192.0.2.2" });
  house.clock.advance(3_599_999);
  await noteDeviceSeen(house, requester, "192.0.2.3");
  assert.deepEqual(await seen(), { at: start + 10, ip: "192.0.2.2" });
  house.clock.advance(1);
  await noteDeviceSeen(house, requester, "192.0.2.3");
  assert.deepEqual(await seen(), { at: start + 3_600_010, ip: "192.0.2.3" });
});
