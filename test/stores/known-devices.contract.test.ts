import assert from "node:assert/strict";
import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, bobsPhone, carol, deviceOf, laptop, noon, phone, userNamed } from "./owners.ts";

const seen = { at: noon, ip: "2001:db8::1" };

contract("knownDevices", {
  "a user's devices are those that exist, and an unknown user has none": async (database) => {
    await database.unitOfWork.run("everything", async ({ devices, knownDevices }) => {
      await devices.add(phone, "Alice's phone", seen);
      await devices.add(laptop, undefined, seen);
      await devices.add(bobsPhone, "", seen);
      assert.equal(await knownDevices.hasDevice(phone), true);
    });
    assert.deepEqual(await idsOf(database, alice), ["LAPTOP", "PHONE"]);
    assert.deepEqual(await idsOf(database, bob), ["PHONE"]);
    assert.deepEqual(await idsOf(database, carol), []);
    await database.snapshots.read(async ({ knownDevices }) => {
      for (const owner of [phone, laptop, bobsPhone]) assert.equal(await knownDevices.hasDevice(owner), true);
      for (const owner of [deviceOf(bob, "LAPTOP"), deviceOf(carol, "PHONE"), deviceOf(alice, "phone")]) {
        assert.equal(await knownDevices.hasDevice(owner), false);
      }
    });
  },

  "a display name is that of the device; there is none for an unknown one and one without": async (database) => {
    await database.unitOfWork.run("everything", async ({ devices }) => {
      await devices.add(phone, "Alice's phone", seen);
      await devices.add(laptop, undefined, seen);
      await devices.add(bobsPhone, "", seen);
    });
    assert.equal(await nameOf(database), "Alice's phone");
    assert.equal(await nameOf(database, laptop), undefined);
    assert.equal(await nameOf(database, bobsPhone), "");
    assert.equal(await nameOf(database, deviceOf(carol, "PHONE")), undefined);
    await database.unitOfWork.run("everything", ({ devices }) => devices.rename(phone, "Renamed"));
    assert.equal(await nameOf(database), "Renamed");
  },

  "devices with device keys are listed page by page, each once": async (database) => {
    const devices = oddTexts.flatMap((text) => [deviceOf(alice, text), deviceOf(userNamed(text), "PHONE")]);
    await database.unitOfWork.run("everything", async ({ devices: store, deviceKeys }) => {
      await store.add(bobsPhone, "without keys", seen);
      for (const device of devices) {
        await store.add(device, undefined, seen);
        await deviceKeys.put(device, { ed25519: "E", curve25519: "C", json: "{}" }, "{}");
      }
    });
    for (const limit of [1000, 7]) {
      const found: DeviceOwner[] = [];
      let page: DeviceOwner[];
      do {
        page = await database.snapshots.read(({ knownDevices }) => knownDevices.listWithKeys(found.at(-1), limit));
        assert.ok(page.length <= limit);
        found.push(...page);
      } while (page.length > 0);
      const names = (owners: DeviceOwner[]) => owners.map(({ userId, deviceId }) => `${userId} ${deviceId}`).sort();
      assert.deepEqual(names(found), names(devices));
    }
  },

  "a removed device is not known any more, one whose unit failed never was": async (database) => {
    const { unitOfWork } = database;
    await unitOfWork.run("everything", ({ devices }) => devices.add(phone, "Phone", seen));
    await runAndFail(unitOfWork, ({ devices }) => devices.add(laptop, "Laptop", seen));
    await runAndFail(unitOfWork, ({ devices }) => devices.remove(phone));
    assert.deepEqual(await idsOf(database, alice), ["PHONE"]);
    await unitOfWork.run("everything", ({ devices }) => devices.remove(phone));
    assert.deepEqual(await idsOf(database, alice), []);
    assert.equal(await nameOf(database), undefined);
  },

  "users, devices and names may be any text": async (database) => {
    await database.unitOfWork.run("everything", async ({ devices }) => {
      for (const text of oddTexts) {
        await devices.add(deviceOf(alice, text), text, seen);
        await devices.add(deviceOf(userNamed(text), "PHONE"), text, seen);
      }
    });
    assert.deepEqual(await idsOf(database, alice), oddTexts.toSorted());
    for (const text of oddTexts) {
      assert.equal(await nameOf(database, deviceOf(alice, text)), text);
      assert.equal(await nameOf(database, deviceOf(userNamed(text), "PHONE")), text);
      assert.deepEqual(await idsOf(database, userNamed(text)), ["PHONE"]);
    }
  },
});

async function idsOf({ snapshots }: TestDatabase, user: UserId): Promise<string[]> {
  return (await snapshots.read(({ knownDevices }) => knownDevices.listDeviceIds(user))).sort();
}

function nameOf({ snapshots }: TestDatabase, owner = phone): Promise<string | undefined> {
  return snapshots.read(({ knownDevices }) => knownDevices.findDisplayName(owner));
}
