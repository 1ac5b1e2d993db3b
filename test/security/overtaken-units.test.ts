import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Schema } from "../../src/adapters/sql/schema.ts";
import { InProcessNotifier } from "../../src/adapters/system/in-process-notifier.ts";
import { threadPoolSignatureVerifier } from "../../src/adapters/system/thread-pool-signature-verifier.ts";
import { setAccountData } from "../../src/domain/account-data/set-account-data.ts";
import { deactivateAccount } from "../../src/domain/accounts/deactivate-account.ts";
import { login } from "../../src/domain/accounts/login.ts";
import { logout } from "../../src/domain/accounts/logout.ts";
import { findRequester } from "../../src/domain/authentication/find-requester.ts";
import { refresh } from "../../src/domain/authentication/refresh.ts";
import { updateDevice } from "../../src/domain/devices/update-device.ts";
import { defineFilter } from "../../src/domain/filters/define-filter.ts";
import { everything } from "../../src/domain/filters/filter.ts";
import type { Requester } from "../../src/domain/kernel/requester.ts";
import { uploadCrossSigningKeys } from "../../src/domain/key-directory/upload-cross-signing-keys.ts";
import { uploadKeys } from "../../src/domain/key-directory/upload-keys.ts";
import { uploadSignatures } from "../../src/domain/key-directory/upload-signatures.ts";
import { setRoomAlias } from "../../src/domain/room-aliases/set-room-alias.ts";
import { createRoom } from "../../src/domain/room-memberships/create-room.ts";
import { inviteUser } from "../../src/domain/room-memberships/invite-user.ts";
import { joinRoom } from "../../src/domain/room-memberships/join-room.ts";
import { knockOnRoom } from "../../src/domain/room-memberships/knock-on-room.ts";
import { leaveRoom } from "../../src/domain/room-memberships/leave-room.ts";
import { sync } from "../../src/domain/sync/sync.ts";
import { sendToDevice } from "../../src/domain/to-device/send-to-device.ts";
import type { RoomAlias } from "../../src/protocol/identifiers/room-alias.ts";
import type { RoomId } from "../../src/protocol/identifiers/room-id.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { alice, attempt, client, newUser, openHouse, passwordLogin } from "../domain/open-house.ts";
import { refusal } from "../domain/refusal.ts";
import { CrossSigningKeys, KeyedDevice, signed } from "../support/signed-keys.ts";

const ignore = () => undefined;

/** A house with all that the use cases of a logged-in device ask for. */
async function openFullHouse(t: TestContext) {
  const house = await openHouse(t);
  return {
    ...house,
    notifier: new InProcessNotifier(),
    signatureVerifier: threadPoolSignatureVerifier,
    observer: {
      ...house.observer,
      ...{ claimAnswered: ignore, keysUploaded: ignore, duplicateOneTimeKeysRefused: ignore },
      ...{ badKeySignatures: ignore, identityReplaced: ignore, toDeviceMessagesSent: ignore },
    },
    keyRules: {
      ...{ verifySignatures: "report" as const, maxOneTimeKeys: 500, identityKeys: "replaceable" as const },
      duplicateErrcode: "M_DUPLICATE_ONE_TIME_KEY" as const,
    },
  };
}

type House = Awaited<ReturnType<typeof openFullHouse>>;

/** The house in which another request commits just before the next unit of work: its token was checked before. */
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

interface Scene {
  readonly phone: Requester;
  readonly keys: KeyedDevice;
  readonly crossSigning: CrossSigningKeys;
}

/** Alice with a phone that has uploaded nothing, a laptop, and device keys on the laptop. */
async function setScene(house: House): Promise<Scene> {
  await newUser(house);
  const { tokens } = await login(house, passwordLogin("alice"), client("PHONE"));
  await login(house, passwordLogin("alice"), client("LAPTOP"));
  const phone = await findRequester(house, tokens.accessToken);
  return {
    phone,
    keys: new KeyedDevice({ userId: alice, deviceId: "PHONE" }),
    crossSigning: new CrossSigningKeys(alice),
  };
}

const roomId = "!room:example.org" as RoomId;
const plainRoom = {
  ...{ visibility: undefined, preset: undefined, roomVersion: undefined, roomAliasName: "alias" },
  ...{ name: undefined, topic: undefined, isDirect: false, invite: [], invite3pid: [], initialState: [] },
  ...{ creationContent: {}, powerLevelContentOverride: {} },
};
const nothing = { deviceKeys: undefined, oneTimeKeys: undefined, fallbackKeys: {} };

/** What a device can write, by the name of the operation. */
const writes: Record<string, (house: House, scene: Scene) => Promise<unknown>> = {
  "uploadKeys of device keys": (house, { phone, keys }) =>
    uploadKeys(house, phone, { ...nothing, deviceKeys: keys.deviceKeys() }),
  "uploadKeys of one-time keys": (house, { phone, keys }) =>
    uploadKeys(house, phone, { ...nothing, oneTimeKeys: keys.oneTimeKeys(3) }),
  "uploadKeys of a fallback key": (house, { phone, keys }) =>
    uploadKeys(house, phone, { ...nothing, fallbackKeys: { fallback_keys: keys.fallbackKey() } }),
  uploadCrossSigningKeys: (house, { phone, crossSigning }) =>
    uploadCrossSigningKeys(house, phone, attempt(alice, crossSigning.body() as unknown as JsonObject)),
  sendToDevice: (house, { phone }) =>
    sendToDevice(house, phone, { eventType: "m.test", transactionId: "1", messages: { [alice]: { "*": {} } } }),
  setAccountData: (house, { phone }) => setAccountData(house, phone, { userId: alice, type: "m.direct", content: {} }),
  defineFilter: (house, { phone }) => defineFilter(house, phone, { userId: alice, definition: {} }),
  createRoom: (house, { phone }) => createRoom(house, phone, plainRoom),
  joinRoom: (house, { phone }) => joinRoom(house, phone, { room: "!room:example.org", reason: undefined }),
  knockOnRoom: (house, { phone }) => knockOnRoom(house, phone, { room: "!room:example.org", reason: undefined }),
  leaveRoom: (house, { phone }) => leaveRoom(house, phone, { roomId, reason: undefined }),
  inviteUser: (house, { phone }) => inviteUser(house, phone, { roomId, target: alice, reason: undefined }),
  setRoomAlias: (house, { phone }) => setRoomAlias(house, phone, { alias: "#alias:example.org" as RoomAlias, roomId }),
  updateDevice: (house, { phone }) =>
    updateDevice(house, phone, { deviceId: "LAPTOP", displayName: "mine", ip: "192.0.2.1" }),
};

/** Other requests that take the phone's token away. */
const rivals: Record<string, (house: House, scene: Scene) => Promise<unknown>> = {
  "its device is deleted": (house, { phone }) => logout(house, phone),
  "its account is deactivated": (house, { phone }) =>
    deactivateAccount(house, phone, attempt(alice, { auth: passwordLogin("alice") })),
};

for (const [operation, write] of Object.entries(writes)) {
  for (const [what, rival] of Object.entries(rivals)) {
    test(`S4: ${operation} leaves nothing behind when ${what} before it commits`, async (t) => {
      const house = await openFullHouse(t);
      const scene = await setScene(house);
      let left: unknown;
      const overtaking = async () => {
        await rival(house, scene);
        left = await everyRow(house);
      };
      const { errcode, fields } = await refusal(write(overtaken(house, overtaking), scene));
      assert.deepEqual([errcode, fields["soft_logout"]], ["M_UNKNOWN_TOKEN", false]);
      assert.deepEqual(await everyRow(house), left);
    });
  }
}

test("S4: a signature is not stored for a signer whose device is deleted before it commits", async (t) => {
  const house = await openFullHouse(t);
  const { phone, keys, crossSigning } = await setScene(house);
  await uploadKeys(house, phone, { ...nothing, deviceKeys: keys.deviceKeys() });
  await uploadCrossSigningKeys(house, phone, attempt(alice, crossSigning.body() as unknown as JsonObject));
  const master = signed(crossSigning.masterKey(), alice, "ed25519:PHONE", keys.ed25519);
  const body = { [alice]: { [crossSigning.master.publicKey]: master } } as unknown as JsonObject;
  const { errcode } = await refusal(
    uploadSignatures(
      overtaken(house, () => logout(house, phone)),
      phone,
      body,
    ),
  );
  assert.equal(errcode, "M_UNKNOWN_TOKEN");
  assert.deepEqual(await house.rows("key_signatures"), []);
});

test("no session begins for an account that is deactivated while its password is checked", async (t) => {
  const house = await openFullHouse(t);
  const scene = await setScene(house);
  const proven = attempt(alice, { auth: passwordLogin("alice") });
  // Without limits the unit that begins the session is the first.
  const unlimited = { ...overtaken(house, () => deactivateAccount(house, scene.phone, proven)), limitLogins: false };
  assert.equal((await refusal(login(unlimited, passwordLogin("alice"), client("TABLET")))).errcode, "M_FORBIDDEN");
  assert.deepEqual([await house.rows("devices"), await house.rows("access_tokens")], [[], []]);
});

test("a refresh gives no tokens to a device that is deleted before it commits", async (t) => {
  const house = await openFullHouse(t);
  await newUser(house);
  const { tokens } = await login(house, passwordLogin("alice"), client("PHONE", { refreshes: true }));
  const phone = await findRequester(house, tokens.accessToken);
  const late = refresh(
    overtaken(house, () => logout(house, phone)),
    tokens.refresh?.token ?? assert.fail(),
  );
  assert.equal((await refusal(late)).errcode, "M_UNKNOWN_TOKEN");
  assert.deepEqual([await house.rows("access_tokens"), await house.rows("refresh_tokens")], [[], []]);
});

test("S4: a sync that waits ends with its device, and tells it nothing more", async (t) => {
  const house = await openFullHouse(t);
  const { phone } = await setScene(house);
  const laptop = { ...phone, deviceId: "LAPTOP" as typeof phone.deviceId };
  const request = {
    ...{ since: undefined, timeout: 100_000, fullState: false, stateAtEnd: false, filter: everything },
    onHangUp: ignore,
  };
  const { nextBatch } = await sync(house, phone, request);
  const { formatSyncToken } = await import("../../src/protocol/sync-token.ts");
  const waiting = sync(house, phone, { ...request, since: formatSyncToken(nextBatch) });
  const refused = refusal(waiting);
  while (house.notifier.waiting === 0) await new Promise(setImmediate);
  await setAccountData(
    overtaken(house, () => logout(house, phone)),
    laptop,
    {
      userId: alice,
      type: "m.secret",
      content: {},
    },
  );
  house.notifier.wake(house.woken);
  assert.equal((await refused).errcode, "M_UNKNOWN_TOKEN");
});

const tables: readonly (keyof Schema)[] = [
  ...(["accounts", "devices", "access_tokens", "refresh_tokens", "device_keys", "one_time_keys"] as const),
  ...(["fallback_keys", "claim_budgets", "cross_signing_keys", "key_signatures", "device_list_changes"] as const),
  ...(["acquaintances", "signature_notices", "to_device_inbox", "to_device_sent", "account_data", "filters"] as const),
];

/** Everything that requests can leave behind. */
async function everyRow(house: House): Promise<Record<string, unknown>> {
  const rows: Record<string, unknown> = {};
  for (const table of tables) rows[table] = await house.rows(table);
  return rows;
}
