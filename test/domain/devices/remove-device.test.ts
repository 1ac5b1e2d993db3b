import assert from "node:assert/strict";
import { test } from "node:test";
import type { Schema } from "../../../src/adapters/sql/schema.ts";
import { login } from "../../../src/domain/accounts/login.ts";
import { findRequester } from "../../../src/domain/authentication/find-requester.ts";
import { UserInteractiveAuthRequired } from "../../../src/domain/authentication/user-interactive/user-interactive-auth-required.ts";
import { deleteDevices } from "../../../src/domain/devices/delete-devices.ts";
import { removeDevice } from "../../../src/domain/devices/remove-device.ts";
import type { DeviceOwner } from "../../../src/domain/kernel/requester.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import { parseOneTimeKeys } from "../../../src/protocol/keys/one-time-key.ts";
import { alice, attempt, bob, client, type House, newUser, openHouse, passwordLogin } from "../open-house.ts";

const phone: DeviceOwner = { userId: alice, deviceId: "PHONE" as DeviceId };
const laptop: DeviceOwner = { userId: alice, deviceId: "LAPTOP" as DeviceId };

/** Gives a device a row in every table that can hold one. */
async function furnish(house: House, owner: DeviceOwner): Promise<void> {
  await login(house, passwordLogin("alice"), client(owner.deviceId, { refreshes: true }));
  const sender = { sender: bob, type: "m.test", content: "{}" };
  const [first, second] = parseOneTimeKeys("one_time_keys", { "signed_curve25519:A": "a", "signed_curve25519:B": "b" });
  assert.ok(first && second);
  await house.unitOfWork.run("everything", async (stores) => {
    await stores.deviceKeys.put(owner, { ed25519: "e", curve25519: "c", json: "{}" }, "{}");
    await stores.oneTimeKeys.add(owner, [first, second]);
    await stores.oneTimeKeys.takeAll([{ target: owner, algorithm: "signed_curve25519" }]);
    await stores.fallbackKeys.put(owner, first);
    await stores.claimBudgets.putBudget(owner, bob, { remaining: 1, refilledAt: 0 });
    await stores.keySignatures.put(
      { userId: alice, key: owner.deviceId },
      { signer: alice, keyId: "ed25519:S", signature: "s" },
    );
    await stores.toDevice.deliver(owner, sender);
    await stores.toDevice.rememberTransaction(owner, "m.test", "1", 0);
    await stores.appserviceQueue.addMessage("bridge", { recipient: owner, ...sender }, 0);
  });
}

const tables: (keyof Schema)[] = [
  ...([
    "devices",
    "access_tokens",
    "refresh_tokens",
    "device_keys",
    "one_time_keys",
    "remembered_keys",
    "fallback_keys",
  ] as const),
  ...(["claim_budgets", "key_signatures", "to_device_inbox", "to_device_sent", "appservice_messages"] as const),
];

async function tablesWith(house: House, deviceId: string): Promise<string[]> {
  const found: string[] = [];
  for (const table of tables) {
    const rows = await house.rows(table);
    if (rows.some((row) => [row["device_id"], row["target_key"]].includes(deviceId))) found.push(table);
  }
  return found;
}

test("S4: everything that hangs on a device goes with it, and nothing of another's", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  await furnish(house, phone);
  await furnish(house, laptop);
  assert.deepEqual(await tablesWith(house, "PHONE"), tables);
  house.woken.length = 0;
  await house.unitOfWork.run("everything", (stores, commit) => removeDevice(house, stores, commit, phone));
  assert.deepEqual(await tablesWith(house, "PHONE"), []);
  assert.deepEqual(await tablesWith(house, "LAPTOP"), tables);
  assert.deepEqual(house.woken, [alice]);
  assert.equal((await house.rows("device_list_changes")).length, 1);
});

test("a device without keys goes unannounced", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  await login(house, passwordLogin("alice"), client("PHONE"));
  await house.unitOfWork.run("everything", (stores, commit) => removeDevice(house, stores, commit, phone));
  assert.deepEqual(await house.rows("device_list_changes"), []);
});

test("deleting devices needs the password; unknown ones and those of others are passed over", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  await newUser(house, "bob");
  const { tokens } = await login(house, passwordLogin("alice"), client("PHONE"));
  await login(house, passwordLogin("alice"), client("LAPTOP"));
  await login(house, passwordLogin("bob"), client("BOBS"));
  const requester = await findRequester(house, tokens.accessToken);
  const ids = ["LAPTOP", "BOBS", "NONE", "__proto__"];
  await assert.rejects(deleteDevices(house, requester, attempt(alice), ids), UserInteractiveAuthRequired);
  assert.equal((await house.rows("devices")).length, 3);
  await deleteDevices(house, requester, attempt(alice, { auth: passwordLogin("alice") }), ids);
  assert.deepEqual(
    (await house.rows("devices")).map((row) => row["device_id"]),
    ["PHONE", "BOBS"],
  );
});
