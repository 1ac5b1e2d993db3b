import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { threadPoolSignatureVerifier } from "../../src/adapters/system/thread-pool-signature-verifier.ts";
import { assertIdentity } from "../../src/domain/accounts/assert-identity.ts";
import { deactivateAccount } from "../../src/domain/accounts/deactivate-account.ts";
import { logout } from "../../src/domain/accounts/logout.ts";
import { registerAppserviceUser } from "../../src/domain/accounts/register-appservice-user.ts";
import { Appservices } from "../../src/domain/appservices/appservices.ts";
import { updateDevice } from "../../src/domain/devices/update-device.ts";
import type { Requester } from "../../src/domain/kernel/requester.ts";
import { uploadCrossSigningKeys } from "../../src/domain/key-directory/upload-cross-signing-keys.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { bridgeRegistration } from "../domain/bridge-registration.ts";
import { attempt, client, openHouse } from "../domain/open-house.ts";
import { refusal } from "../domain/refusal.ts";
import { CrossSigningKeys } from "../support/signed-keys.ts";

const ghost = "@bridge_a:example.org" as UserId;

/** An appservice's user with the device GHOST, and the appservice as that user: with the device, and without. */
async function setScene(t: TestContext) {
  const opened = await openHouse(t);
  const appservices = new Appservices([bridgeRegistration()], opened.serverName);
  const house = { ...opened, appservices, signatureVerifier: threadPoolSignatureVerifier };
  const { asToken } = bridgeRegistration();
  await registerAppserviceUser(house, asToken, { username: "bridge_a", client: client("GHOST") });
  const bridge = appservices.all[0] ?? assert.fail();
  return {
    house,
    withDevice: await assertIdentity(house, bridge, { userId: ghost, deviceId: "GHOST" }),
    without: await assertIdentity(house, bridge, { userId: ghost, deviceId: undefined }),
  };
}

type House = Awaited<ReturnType<typeof setScene>>["house"];

/** The house in which another request commits just before the next unit: who asks was looked at before. */
function overtaken(house: House, rival: () => Promise<unknown>): House {
  let waiting: (() => Promise<unknown>) | undefined = rival;
  const run: House["unitOfWork"]["run"] = async (scope, work) => {
    const first = waiting;
    waiting = undefined;
    await first?.();
    return house.unitOfWork.run(scope, work);
  };
  return { ...house, unitOfWork: { run } };
}

const asked = (body: object = {}) => ({ ...attempt(ghost, body as JsonObject), byAppservice: true });
const upload = (house: House, requester: Requester, body: object) =>
  uploadCrossSigningKeys(house, requester, asked(body));
const makeDevice = (house: House, requester: Requester) =>
  updateDevice(house, requester, { deviceId: "NEW", displayName: undefined, ip: "192.0.2.1" });

test("S4: an appservice leaves nothing behind for a user that is deactivated before it commits", async (t) => {
  for (const write of [
    makeDevice,
    (house: House, who: Requester) => upload(house, who, new CrossSigningKeys(ghost).body()),
  ]) {
    const { house, without } = await setScene(t);
    const late = write(
      overtaken(house, () => deactivateAccount(house, without, asked())),
      without,
    );
    assert.equal((await refusal(late)).errcode, "M_FORBIDDEN");
    assert.deepEqual([await house.rows("devices"), await house.rows("cross_signing_keys")], [[], []]);
  }
});

test("S4: an appservice whose device is deleted before it commits is told so, for its token is still good", async (t) => {
  const { house, withDevice } = await setScene(t);
  const rivalled = overtaken(house, () => logout(house, withDevice));
  assert.equal((await refusal(makeDevice(rivalled, withDevice))).errcode, "M_UNKNOWN_DEVICE");
  assert.deepEqual(await house.rows("devices"), []);
});

test("X3: keys without a master key are refused when the one that they hang on is replaced meanwhile", async (t) => {
  const { house, without } = await setScene(t);
  const [old, fresh] = [new CrossSigningKeys(ghost), new CrossSigningKeys(ghost)];
  await upload(house, without, { master_key: old.masterKey() });
  const late = upload(
    overtaken(house, () => upload(house, without, fresh.body())),
    without,
    { self_signing_key: old.body().self_signing_key },
  );
  assert.equal((await refusal(late)).errcode, "M_INVALID_SIGNATURE");
  const keys = await house.snapshots.read((stores) => stores.crossSigningKeys.listKeys(ghost));
  const stored = keys.map(({ publicKey }) => publicKey).sort();
  assert.deepEqual(stored, [fresh.master, fresh.selfSigning, fresh.userSigning].map((pair) => pair.publicKey).sort());
});

test("X1, X2: of two first uploads of an appservice the second replaces the first", async (t) => {
  const { house, without } = await setScene(t);
  const [first, second] = [new CrossSigningKeys(ghost), new CrossSigningKeys(ghost)];
  await upload(
    overtaken(house, () => upload(house, without, first.body())),
    without,
    second.body(),
  );
  const keys = await house.snapshots.read((stores) => stores.crossSigningKeys.listKeys(ghost));
  assert.equal(keys.find(({ usage }) => usage === "master")?.publicKey, second.master.publicKey);
});
