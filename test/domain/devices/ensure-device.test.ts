import assert from "node:assert/strict";
import { test } from "node:test";
import { ensureDevice } from "../../../src/domain/devices/ensure-device.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import { alice, newUser, openHouse } from "../open-house.ts";

test("a user has at most 1,000 devices; those that are there can be logged into again", async (t) => {
  const house = await openHouse(t);
  await newUser(house, "alice");
  const make = (name: string) =>
    house.unitOfWork.run("everything", (stores) =>
      ensureDevice(stores, { userId: alice, deviceId: name as DeviceId }, undefined, { at: 0, ip: "127.0.0.1" }),
    );
  const there = (await house.snapshots.read((stores) => stores.knownDevices.listDeviceIds(alice))).length;
  await Promise.all(Array.from({ length: 1000 - there }, (_, index) => make(`DEVICE${index}`)));
  await assert.rejects(make("ONEMORE"), { errcode: "M_FORBIDDEN" });
  await make("DEVICE0");
});
