import assert from "node:assert/strict";
import type { StoredDeviceKeys } from "../../src/domain/device-keys/device-key-store.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import { contract, runAndFail } from "./contract.ts";
import type { TestDatabase } from "./engines.ts";
import { oddTexts } from "./odd-texts.ts";
import { alice, bob, bobsPhone, carol, deviceOf, laptop, phone, userNamed } from "./owners.ts";

contract("deviceKeys", {
  "keys are found as they were put, and putting replaces them": async (database) => {
    assert.equal(await find(database), undefined);
    const onlyEd25519 = { ...keys("1"), curve25519: undefined };
    const neither = { ed25519: undefined, curve25519: undefined, json: "{}" };
    for (const [index, stored] of [keys("1"), onlyEd25519, neither, keys("2")].entries()) {
      await database.unitOfWork.run("everything", ({ deviceKeys }) =>
        deviceKeys.put(phone, stored, `{"rendered":${index}}`),
      );
      assert.deepEqual(await find(database), stored);
      assert.deepEqual(await rendered(database, alice), [{ ...phone, rendered: `{"rendered":${index}}` }]);
    }
  },

  "all devices with keys of the users asked for are listed": async (database) => {
    await database.unitOfWork.run("everything", async ({ deviceKeys, devices }) => {
      for (const owner of [phone, laptop, bobsPhone, deviceOf(carol, "TABLET")]) {
        await deviceKeys.put(owner, keys("1"), `{"of":"${owner.userId} ${owner.deviceId}"}`);
      }
      await devices.add(deviceOf(alice, "KEYLESS"), undefined, { at: 0, ip: "::1" });
    });
    const listed = await rendered(database, bob, userNamed("unknown"), alice);
    const byOwner = listed.map((row) => JSON.stringify(row)).sort();
    const expected = [phone, laptop, bobsPhone].map((owner) => ({
      ...owner,
      rendered: `{"of":"${owner.userId} ${owner.deviceId}"}`,
    }));
    assert.deepEqual(byOwner, expected.map((row) => JSON.stringify(row)).sort());
    assert.deepEqual(await rendered(database), []);
  },

  "the served text is put anew without touching the keys, and only for a device that has some": async (database) => {
    await database.unitOfWork.run("everything", async ({ deviceKeys }) => {
      await deviceKeys.put(phone, keys("1"), "{}");
      await deviceKeys.put(laptop, keys("2"), "{}");
      await deviceKeys.putRendered(phone, '{"anew":true}');
      await deviceKeys.putRendered(bobsPhone, '{"anew":true}');
    });
    assert.deepEqual(await find(database), keys("1"));
    const listed = await rendered(database, alice, bob);
    assert.deepEqual(new Map(listed.map((row) => [row.deviceId, row.rendered])).get(phone.deviceId), '{"anew":true}');
    assert.equal(listed.length, 2);
    assert.equal(await find(database, bobsPhone), undefined);
  },

  "S4: a device's keys are removed; others keep theirs": async (database) => {
    await database.unitOfWork.run("everything", async ({ deviceKeys }) => {
      for (const owner of [phone, laptop, bobsPhone]) await deviceKeys.put(owner, keys("1"), "{}");
      await deviceKeys.remove(phone);
      await deviceKeys.remove(phone);
      assert.equal(await deviceKeys.findDeviceKeys(phone), undefined);
    });
    assert.equal(await find(database), undefined);
    for (const other of [laptop, bobsPhone]) assert.deepEqual(await find(database, other), keys("1"));
  },

  "a unit that fails leaves the keys as they were": async ({ unitOfWork, ...database }) => {
    await unitOfWork.run("everything", ({ deviceKeys }) => deviceKeys.put(phone, keys("1"), "{}"));
    await runAndFail(unitOfWork, ({ deviceKeys }) => deviceKeys.put(phone, keys("2"), '{"never":true}'));
    await runAndFail(unitOfWork, ({ deviceKeys }) => deviceKeys.put(laptop, keys("2"), '{"never":true}'));
    await runAndFail(unitOfWork, ({ deviceKeys }) => deviceKeys.putRendered(phone, '{"never":true}'));
    await runAndFail(unitOfWork, ({ deviceKeys }) => deviceKeys.remove(phone));
    assert.deepEqual(await find(database), keys("1"));
    assert.deepEqual(await rendered(database, alice), [{ ...phone, rendered: "{}" }]);
  },

  "a query may name thousands of users": async (database) => {
    const users = Array.from({ length: 3000 }, (_, index) => userNamed(`user${index}`));
    await database.unitOfWork.run("everything", async ({ deviceKeys }) => {
      for (const user of users) await deviceKeys.put(deviceOf(user, "D"), keys("1"), "{}");
    });
    assert.equal((await rendered(database, ...users)).length, 3000);
  },

  "owners, keys and texts may be any text": async (database) => {
    const owners = oddTexts.flatMap((text) => [deviceOf(alice, text), deviceOf(userNamed(text), "PHONE")]);
    const stored = (index: number): StoredDeviceKeys => {
      const text = oddTexts[index % oddTexts.length] ?? "";
      return { ed25519: text, curve25519: text, json: JSON.stringify({ text, index }) };
    };
    await database.unitOfWork.run("everything", async ({ deviceKeys }) => {
      for (const [index, owner] of owners.entries()) await deviceKeys.put(owner, stored(index), stored(index).json);
    });
    for (const [index, owner] of owners.entries()) assert.deepEqual(await find(database, owner), stored(index));
    const listed = await rendered(database, alice, ...oddTexts.map(userNamed));
    const found = new Map(listed.map((row) => [`${row.userId} ${row.deviceId}`, row.rendered]));
    for (const [index, { userId, deviceId }] of owners.entries()) {
      assert.equal(found.get(`${userId} ${deviceId}`), stored(index).json);
    }
  },
});

function keys(name: string): StoredDeviceKeys {
  return { ed25519: `ed25519 ${name}`, curve25519: `curve25519 ${name}`, json: `{"keys":"${name}"}` };
}

function find({ snapshots }: Pick<TestDatabase, "snapshots">, owner = phone) {
  return snapshots.read(({ deviceKeys }) => deviceKeys.findDeviceKeys(owner));
}

function rendered({ snapshots }: Pick<TestDatabase, "snapshots">, ...userIds: UserId[]) {
  return snapshots.read(({ deviceKeys }) => deviceKeys.listRendered(userIds));
}
