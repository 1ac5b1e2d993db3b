import assert from "node:assert/strict";
import { test } from "node:test";
import { changePassword } from "../../../src/domain/accounts/change-password.ts";
import { deactivateAccount } from "../../../src/domain/accounts/deactivate-account.ts";
import { login } from "../../../src/domain/accounts/login.ts";
import { logout, logoutAll } from "../../../src/domain/accounts/logout.ts";
import { registerAccount } from "../../../src/domain/accounts/register-account.ts";
import { findRequester } from "../../../src/domain/authentication/find-requester.ts";
import { UserInteractiveAuthRequired } from "../../../src/domain/authentication/user-interactive/user-interactive-auth-required.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { alice, attempt, bob, client, type House, newUser, openHouse, passwordLogin } from "../open-house.ts";
import { refusal } from "../refusal.ts";

const proven = { auth: passwordLogin("alice") } as JsonObject;

async function requesterOn(house: House, deviceId: string, user = "alice") {
  const { tokens } = await login(house, passwordLogin(user), client(deviceId));
  return findRequester(house, tokens.accessToken);
}

async function devices(house: House): Promise<unknown[]> {
  return (await house.rows("devices")).map((row) => `${row["user_id"]} ${row["device_id"]}`);
}

test("a log-out deletes the device, and no other", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const phone = await requesterOn(house, "PHONE");
  await requesterOn(house, "LAPTOP");
  await logout(house, phone);
  assert.deepEqual(await devices(house), [`${alice} LAPTOP`]);
  assert.equal((await house.rows("access_tokens")).length, 1);
});

test("a log-out everywhere deletes all devices of the user, and no other's", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  await newUser(house, "bob");
  const phone = await requesterOn(house, "PHONE");
  await requesterOn(house, "LAPTOP");
  await requesterOn(house, "PHONE", "bob");
  await logoutAll(house, phone);
  assert.deepEqual(await devices(house), [`${bob} PHONE`]);
});

test("changing the password deletes the other devices, unless they shall stay", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const phone = await requesterOn(house, "PHONE");
  await requesterOn(house, "LAPTOP");
  const change = { newPassword: "new", logoutDevices: false };
  await assert.rejects(changePassword(house, phone, attempt(alice), change), UserInteractiveAuthRequired);
  await changePassword(house, phone, attempt(alice, proven), change);
  assert.equal((await devices(house)).length, 2);
  assert.equal((await refusal(login(house, passwordLogin("alice"), client()))).errcode, "M_FORBIDDEN");
  await login(house, passwordLogin("alice", "new"), client("TABLET"));
  const again = { auth: passwordLogin("alice", "new") };
  await changePassword(house, phone, attempt(alice, again), { newPassword: "newer", logoutDevices: true });
  assert.deepEqual(await devices(house), [`${alice} PHONE`]);
  assert.equal((await house.rows("access_tokens")).length, 1);
});

test("of two concurrent changes with one old password one is done", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const phone = await requesterOn(house, "PHONE");
  const changes = ["one", "two"].map((newPassword) =>
    changePassword(house, phone, attempt(alice, proven), { newPassword, logoutDevices: true }),
  );
  const outcomes = await Promise.allSettled(changes);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("a deactivated account is gone but for its name", async (t) => {
  const house = await openHouse(t);
  await newUser(house);
  const phone = await requesterOn(house, "PHONE");
  const owner = { userId: alice, deviceId: phone.deviceId ?? assert.fail() };
  await house.unitOfWork.run("everything", async (stores) => {
    await stores.deviceKeys.put(owner, { ed25519: "e", curve25519: "c", json: "{}" }, "{}");
    for (const usage of ["master", "self_signing", "user_signing"] as const) {
      await stores.crossSigningKeys.put(alice, { usage, publicKey: usage, json: "{}" }, "{}");
    }
    const bySelfSigningKey = { signer: alice, keyId: "ed25519:self_signing", signature: "s" };
    await stores.keySignatures.put({ userId: alice, key: "PHONE" }, bySelfSigningKey);
    const byUserSigningKey = { signer: alice, keyId: "ed25519:user_signing", signature: "s" };
    await stores.keySignatures.put({ userId: bob, key: "BOB" }, byUserSigningKey);
    await stores.keySignatures.put(
      { userId: alice, key: "master" },
      { signer: bob, keyId: "ed25519:B", signature: "s" },
    );
    await stores.accountData.put(alice, { type: "m.direct", content: "{}" });
    await stores.filters.put(alice, "1", "{}");
  });
  await assert.rejects(deactivateAccount(house, phone, attempt(alice)), UserInteractiveAuthRequired);
  await deactivateAccount(house, phone, attempt(alice, proven));
  for (const table of ["devices", "access_tokens", "device_keys", "cross_signing_keys", "key_signatures"] as const) {
    assert.deepEqual(await house.rows(table), [], table);
  }
  for (const table of ["account_data", "filters"] as const) assert.deepEqual(await house.rows(table), [], table);
  assert.equal((await house.rows("device_list_changes")).length, 1);
  const [account] = await house.rows("accounts");
  assert.deepEqual([account?.["password_hash"], account?.["deactivated_at"]], [null, house.clock.now()]);
  assert.equal((await refusal(login(house, passwordLogin("alice"), client()))).errcode, "M_FORBIDDEN");
  const again = registerAccount(house, { localpart: "alice", password: "x", admin: false });
  assert.equal((await refusal(again)).errcode, "M_USER_IN_USE");
});
