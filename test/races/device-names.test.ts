import assert from "node:assert/strict";
import { test } from "node:test";
import { login } from "../../src/domain/accounts/login.ts";
import { registerAccount } from "../../src/domain/accounts/register-account.ts";
import { uploadCrossSigningKeys } from "../../src/domain/key-directory/upload-cross-signing-keys.ts";
import type { DeviceId } from "../../src/protocol/identifiers/device-id.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { MatrixError } from "../../src/protocol/matrix-error.ts";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { attempt, client, openHouse, passwordLogin } from "../domain/open-house.ts";
import { CrossSigningKeys } from "../support/signed-keys.ts";
import { seed, seedNote, times } from "./effort.ts";
import { below, pick } from "./key-requests.ts";
import { turns } from "./key-use-cases.ts";
import { openCrashables } from "./open-crashable.ts";
import { deployments, postgres } from "./race-engines.ts";

/** "done", or the errcode with which it was refused. */
async function outcome(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
    return "done";
  } catch (error) {
    if (error instanceof MatrixError) return error.errcode;
    throw error;
  }
}

for (const deployment of deployments) {
  const rounds = deployment.engine === postgres ? 60 : 200;
  test(`K11: of a device and a cross-signing key of one name that come at once exactly one is made (${deployment.name})`, async (t) => {
    t.diagnostic(seedNote);
    const random = seededNumbers(seed);
    const processes = await openCrashables(t, deployment);
    const common = { ...(await openHouse(t)), limitLogins: false };
    const houses = processes.map(({ store: { database } }) => {
      return { ...common, unitOfWork: database.unitOfWork, snapshots: database.snapshots };
    });
    const outcomes = new Map<string, number>();
    for (let round = 0; round < rounds * times; round++) {
      const user = `user${round}`;
      const [house, other] = [pick(random, houses), pick(random, houses)];
      const { userId } = await registerAccount(house, { localpart: user, password: user, admin: false });
      const keys = new CrossSigningKeys(userId);
      const name = pick(random, [keys.master, keys.selfSigning, keys.userSigning]).publicKey;
      const [hashing, verifying] = [below(random, 5), below(random, 5)];
      const passwordHasher = { hash: house.passwordHasher.hash, verify: async () => turns(hashing).then(() => true) };
      const signatureVerifier = {
        verify: async (checks: readonly unknown[]) => turns(verifying).then(() => checks.map(() => true)),
      };
      await login(house, passwordLogin(user, user), client("OLD"));
      const body = keys.body() as unknown as JsonObject;
      const requester = { userId, deviceId: "OLD" as DeviceId, accessTokenDigest: Buffer.alloc(32) };
      const ask = [
        () => outcome(login({ ...house, passwordHasher }, passwordLogin(user, user), client(name))),
        () => outcome(uploadCrossSigningKeys({ ...other, signatureVerifier }, requester, attempt(userId, body))),
      ] as const;
      const [device, key] = await Promise.all([ask[0](), ask[1]()]);
      const both = `login ${device}, upload ${key}`;
      outcomes.set(both, (outcomes.get(both) ?? 0) + 1);
      const stored = await house.snapshots.read(async ({ devices, crossSigningKeys }) => ({
        devices: (await devices.listDevices(userId)).map(({ deviceId }): string => deviceId),
        keys: (await crossSigningKeys.listKeys(userId)).map(({ publicKey }) => publicKey),
      }));
      assert.equal(stored.devices.includes(name), device === "done");
      assert.equal(stored.keys.length, key === "done" ? 3 : 0);
      assert.equal(
        stored.devices.some((deviceId) => stored.keys.includes(deviceId)),
        false,
      );
    }
    assert.deepEqual([...outcomes.keys()].sort(), [
      "login M_INVALID_PARAM, upload done",
      "login done, upload M_FORBIDDEN",
    ]);
    t.diagnostic(JSON.stringify(Object.fromEntries(outcomes)));
  });
}
