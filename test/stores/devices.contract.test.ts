import assert from "node:assert/strict";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, bobsPhone, carol, deviceOf, laptop, noon, phone, userNamed } from "./owners.ts";

const seen = { at: noon, ip: "2001:db8::1" };
const phoneAsAdded = { deviceId: phone.deviceId, displayName: "Phone", lastSeen: seen };

contract("devices", {
  "a device is found as it was added": async (database) => {
    assert.equal(await find(database), undefined);
    await add(database, phone, "Phone");
    await add(database, laptop, undefined);
    await add(database, bobsPhone, "");
    assert.deepEqual(await find(database), phoneAsAdded);
    assert.deepEqual(await find(database, laptop), {
      ...{ deviceId: laptop.deviceId, displayName: undefined, lastSeen: seen },
    });
    assert.equal((await find(database, bobsPhone))?.displayName, "");
    assert.equal(await find(database, deviceOf(bob, "LAPTOP")), undefined);
  },

  "a user's devices are listed by device id": async (database) => {
    for (const id of ["b", "B", "a", "_", "10", "9", "\u00e9"]) await add(database, deviceOf(alice, id), id);
    await add(database, bobsPhone, "Phone");
    const listed = await list(database, alice);
    assert.deepEqual(
      listed.map(({ displayName }) => displayName),
      ["10", "9", "B", "_", "a", "b", "\u00e9"],
    );
    assert.deepEqual(listed[0], { deviceId: "10", displayName: "10", lastSeen: seen });
    assert.deepEqual(await list(database, carol), []);
  },

  "a device is renamed and seen; another one, or one that does not exist, is not": async (database) => {
    await add(database, phone, "Phone");
    await add(database, laptop, "Laptop");
    const later = { at: noon + 1, ip: "127.0.0.1" };
    await database.unitOfWork.run("everything", async ({ devices }) => {
      await devices.rename(phone, "Renamed");
      await devices.noteSeen(phone, later);
      await devices.rename(bobsPhone, "Renamed");
      await devices.noteSeen(bobsPhone, later);
    });
    assert.deepEqual(await find(database), { deviceId: "PHONE", displayName: "Renamed", lastSeen: later });
    assert.deepEqual(await find(database, laptop), { deviceId: "LAPTOP", displayName: "Laptop", lastSeen: seen });
    assert.equal(await find(database, bobsPhone), undefined);
  },

  "a removed device is gone, and may be added anew": async (database) => {
    for (const owner of [phone, laptop, bobsPhone]) await add(database, owner, "Name");
    await database.unitOfWork.run("everything", async ({ devices }) => {
      await devices.remove(phone);
      await devices.remove(phone);
    });
    assert.equal(await find(database), undefined);
    assert.equal((await list(database, alice)).length, 1);
    assert.equal((await list(database, bob)).length, 1);
    await add(database, phone, undefined);
    assert.equal((await find(database))?.displayName, undefined);
  },

  "of many who add one device at once one does": async (database) => {
    const adding = Array.from({ length: 5 }, (_, index) => add(database, phone, `${index}`));
    const outcomes = await Promise.allSettled(adding);
    const added = outcomes.flatMap(({ status }, index) => (status === "fulfilled" ? [`${index}`] : []));
    assert.equal(added.length, 1);
    assert.equal((await find(database))?.displayName, added[0]);
  },

  "a unit that fails leaves the devices as they were": async (database) => {
    const { unitOfWork } = database;
    await add(database, phone, "Phone");
    await runAndFail(unitOfWork, ({ devices }) => devices.add(laptop, "Laptop", seen));
    await runAndFail(unitOfWork, ({ devices }) => devices.rename(phone, "Renamed"));
    await runAndFail(unitOfWork, ({ devices }) => devices.noteSeen(phone, { at: 0, ip: "::1" }));
    await runAndFail(unitOfWork, ({ devices }) => devices.remove(phone));
    assert.deepEqual(await list(database, alice), [phoneAsAdded]);
  },

  "owners and names may be any text": async (database) => {
    const owners = oddTexts.flatMap((text) => [deviceOf(alice, text), deviceOf(userNamed(text), "PHONE")]);
    for (const [index, owner] of owners.entries()) await add(database, owner, oddTexts[index % oddTexts.length]);
    for (const [index, owner] of owners.entries()) {
      const displayName = oddTexts[index % oddTexts.length];
      assert.deepEqual(await find(database, owner), { deviceId: owner.deviceId, displayName, lastSeen: seen });
    }
    assert.equal((await list(database, alice)).length, oddTexts.length);
  },
});

function add({ unitOfWork }: TestDatabase, owner: typeof phone, displayName: string | undefined): Promise<void> {
  return unitOfWork.run("everything", ({ devices }) => devices.add(owner, displayName, seen));
}

function find({ snapshots }: TestDatabase, owner = phone) {
  return snapshots.read(({ devices }) => devices.findDevice(owner));
}

function list({ snapshots }: TestDatabase, user: UserId) {
  return snapshots.read(({ devices }) => devices.listDevices(user));
}
