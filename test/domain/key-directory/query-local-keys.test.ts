import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProxiedUserKeys } from "../../../src/domain/appservices/appservice-keys.ts";
import { queryLocalKeys } from "../../../src/domain/key-directory/query-local-keys.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject, JsonValue } from "../../../src/protocol/json.ts";
import { CrossSigningKeys, KeyedDevice, signed, signingPair } from "../../support/signed-keys.ts";
import { alice, bob } from "../open-house.ts";
import {
  deviceOf,
  ghost,
  openProxiedHouse,
  type ProxiedHouse,
  phone,
  putCrossSigning,
  putDevice,
  registration,
  saying,
  second,
  storing,
} from "./proxied-house.ts";

interface Asking {
  viewer?: UserId | undefined;
  devices?: string[];
  timeout?: number;
}

/** The keys of users, as the objects that they are. */
async function query(house: ProxiedHouse, userIds: readonly UserId[], asking: Asking = {}) {
  const viewer = "viewer" in asking ? asking.viewer : bob;
  const wanted = new Map(userIds.map((userId) => [userId, new Set(asking.devices as DeviceId[] | undefined)]));
  const { timeout = 10_000 } = asking;
  const { deviceKeys, crossSigningKeys } = await queryLocalKeys(house, viewer, wanted, timeout);
  const parsed = (texts: ReadonlyMap<string, string>) =>
    Object.fromEntries([...texts].map(([name, text]) => [name, JSON.parse(text)]));
  return {
    devices: Object.fromEntries([...deviceKeys].map(([userId, devices]) => [userId, parsed(devices)])),
    master: parsed(crossSigningKeys.master),
    selfSigning: parsed(crossSigningKeys.self_signing),
    userSigning: parsed(crossSigningKeys.user_signing),
  };
}

function tell(house: ProxiedHouse, users: Partial<Record<UserId, ProxiedUserKeys>>): void {
  house.appserviceKeys.tell = async () => new Map(Object.entries(users) as [UserId, ProxiedUserKeys][]);
}

const deviceKeysOf = (userId: UserId, deviceId: string = phone) =>
  new KeyedDevice(deviceOf(userId, deviceId)).deviceKeys() as JsonObject;

test("Q5: the appservice is asked for its own users, and what it says is merged over what is stored", async (t) => {
  const house = await openProxiedHouse(t);
  const [stored, kept, given] = [deviceKeysOf(ghost), deviceKeysOf(ghost, "OLD"), deviceKeysOf(ghost)];
  const ours = new CrossSigningKeys(ghost);
  const theirs = new CrossSigningKeys(ghost);
  await putDevice(house, stored);
  await putDevice(house, kept);
  await putCrossSigning(house, ghost, "master", ours.masterKey());
  await putCrossSigning(house, ghost, "self_signing", ours.body().self_signing_key);
  tell(house, { [ghost]: saying({ PHONE: given }, { master: theirs.masterKey() }) });
  const answer = await query(house, [alice, ghost]);
  assert.deepEqual(answer.devices, {
    [alice]: {},
    [ghost]: { PHONE: { ...given, unsigned: {} }, OLD: { ...kept, unsigned: {} } },
  });
  assert.deepEqual(answer.master, { [ghost]: theirs.masterKey() });
  assert.deepEqual(answer.selfSigning, { [ghost]: ours.body().self_signing_key });
  assert.deepEqual(
    house.appserviceKeys.queries.map(({ appservice, query }) => [appservice, [...query]]),
    [["bridge", [[ghost, new Set()]]]],
  );
});

test("Q5: an appservice that says nothing leaves what is stored, and every user is in the answer", async (t) => {
  const house = await openProxiedHouse(t);
  const stored = deviceKeysOf(ghost);
  await putDevice(house, stored, "kept here");
  const { devices } = await query(house, [ghost, second]);
  assert.deepEqual(devices, {
    [ghost]: { PHONE: { ...stored, unsigned: { device_display_name: "kept here" } } },
    [second]: {},
  });
  assert.equal(house.counted.dropped.size, 0);
});

test("Q5: whoever opted out, has no URL, shares its namespace or is switched off is not asked", async (t) => {
  const shared = { users: [{ exclusive: false, regex: "@bridge_.*" }], aliases: [], rooms: [] };
  for (const so of [{ answersQueries: false }, { url: undefined }, { namespaces: shared }]) {
    const house = await openProxiedHouse(t, [registration(so)]);
    assert.deepEqual((await query(house, [ghost])).devices, { [ghost]: {} });
    assert.deepEqual([house.appserviceKeys.queries, house.work.reads], [[], 1]);
  }
  const house = await openProxiedHouse(t, [registration({ answersClaims: false })]);
  await query({ ...house, compatibility: { ...house.compatibility, msc3984: false } }, [ghost]);
  assert.deepEqual(house.appserviceKeys.queries, []);
  await query(house, [ghost]);
  assert.equal(house.appserviceKeys.queries.length, 1, "it opted out of claims alone");
});

test("Q5: objects of a wrong shape, for somebody else, or too long are dropped and counted", async (t) => {
  const house = await openProxiedHouse(t);
  const [keys, good] = [new CrossSigningKeys(ghost), deviceKeysOf(ghost, "GOOD")];
  const { signatures: _, ...unsigned } = deviceKeysOf(ghost, "UNSIGNED");
  const devices: Record<string, JsonValue> = {
    ...{ GOOD: good, TEXT: "rubbish", NULL: null, LIST: [], EMPTY: {}, UNSIGNED: unsigned },
    OTHERS: deviceKeysOf(second, "OTHERS"),
    RENAMED: deviceKeysOf(ghost, "ANOTHER"),
    FRACTION: { ...deviceKeysOf(ghost, "FRACTION"), "org.example": 0.5 },
    LONG: { ...deviceKeysOf(ghost, "LONG"), "org.example": "x".repeat(65_536) },
  };
  const wrong = { master: keys.body().self_signing_key, self_signing: new CrossSigningKeys(second).masterKey() };
  tell(house, { [ghost]: saying(devices, { ...wrong, user_signing: "rubbish" }) });
  const answer = await query(house, [ghost], { viewer: ghost });
  assert.deepEqual(answer.devices, { [ghost]: { GOOD: { ...good, unsigned: {} } } });
  assert.deepEqual([answer.master, answer.selfSigning, answer.userSigning], [{}, {}, {}]);
  assert.deepEqual([...house.counted.dropped], [["bridge", 9 + 3]]);
});

test("Q5: what is dropped leaves what is stored in its place", async (t) => {
  const house = await openProxiedHouse(t);
  const stored = deviceKeysOf(ghost);
  const master = new CrossSigningKeys(ghost).masterKey();
  await putDevice(house, stored);
  await putCrossSigning(house, ghost, "master", master);
  tell(house, { [ghost]: saying({ PHONE: deviceKeysOf(second) }, { master: {} }) });
  const answer = await query(house, [ghost]);
  assert.deepEqual(answer.devices[ghost], { PHONE: { ...stored, unsigned: {} } });
  assert.deepEqual(answer.master, { [ghost]: master });
});

test("Q5: of one user at most 1,000 devices are taken", async (t) => {
  const house = await openProxiedHouse(t);
  const { signatures } = deviceKeysOf(ghost);
  const bare = (deviceId: string) => ({
    ...{ user_id: ghost, device_id: deviceId, algorithms: [], keys: {}, signatures: signatures ?? {} },
    unsigned: { device_display_name: deviceId },
  });
  const ids = Array.from({ length: 1003 }, (_, index) => `D${index}`);
  tell(house, { [ghost]: saying(Object.fromEntries(ids.map((id) => [id, bare(id)]))) });
  const { devices } = await query(house, [ghost]);
  assert.deepEqual(Object.keys(devices[ghost] ?? {}), ids.slice(0, 1000));
  assert.deepEqual([...house.counted.dropped], [["bridge", 3]]);
});

test("Q2: a proxied device has the name that its appservice gives, else the one that is kept here, and nothing else unsigned", async (t) => {
  const house = await openProxiedHouse(t);
  await storing(house, async ({ devices }) => {
    for (const id of ["PHONE", "TABLET", "LONG", "NUL"]) {
      await devices.add(deviceOf(ghost, id), `kept ${id}`, { at: 0, ip: "192.0.2.1" });
    }
  });
  await putDevice(house, deviceKeysOf(ghost, "TABLET"), "kept TABLET");
  const named = (deviceId: string, unsigned: JsonValue) => ({ ...deviceKeysOf(ghost, deviceId), unsigned });
  tell(house, {
    [ghost]: saying({
      PHONE: named("PHONE", { device_display_name: "given", "org.example": "forged" }),
      TABLET: named("TABLET", { device_display_name: 7 }),
      LONG: named("LONG", { device_display_name: "x".repeat(257) }),
      NUL: named("NUL", { device_display_name: "a\0b" }),
      BARE: named("BARE", "rubbish"),
    }),
  });
  const { devices } = await query(house, [ghost]);
  const names = Object.fromEntries(Object.entries(devices[ghost] ?? {}).map(([id, { unsigned }]) => [id, unsigned]));
  assert.deepEqual(names, {
    PHONE: { device_display_name: "given" },
    TABLET: { device_display_name: "kept TABLET" },
    LONG: { device_display_name: "kept LONG" },
    NUL: { device_display_name: "kept NUL" },
    BARE: {},
  });
});

test("Q3: a user-signing key from the appservice is for its owner alone, and for no other server", async (t) => {
  const house = await openProxiedHouse(t);
  const { master_key, self_signing_key, user_signing_key } = new CrossSigningKeys(ghost).body();
  const all = { master: master_key, self_signing: self_signing_key, user_signing: user_signing_key };
  tell(house, { [ghost]: saying({}, all) });
  for (const [viewer, userSigning] of [
    [ghost, { [ghost]: user_signing_key }],
    [bob, {}],
    [undefined, {}],
  ] as const) {
    const answer = await query(house, [ghost], { viewer });
    assert.deepEqual([answer.master, answer.selfSigning], [{ [ghost]: master_key }, { [ghost]: self_signing_key }]);
    assert.deepEqual(answer.userSigning, userSigning);
  }
  assert.equal(house.counted.dropped.size, 0);
});

test("Q3: a stored user-signing key is for its owner alone, and for no other server", async (t) => {
  const house = await openProxiedHouse(t);
  const { user_signing_key } = new CrossSigningKeys(ghost).body();
  await putCrossSigning(house, ghost, "user_signing", user_signing_key);
  const seen = async (viewer: UserId | undefined) => (await query(house, [ghost], { viewer })).userSigning;
  assert.deepEqual(await seen(ghost), { [ghost]: user_signing_key });
  for (const viewer of [bob, undefined]) assert.deepEqual(await seen(viewer), {});
});

test("Q3: proxied keys and devices carry their owner's signatures alone, and none by its user-signing key", async (t) => {
  const house = await openProxiedHouse(t);
  const keys = new CrossSigningKeys(ghost);
  const { self_signing_key, user_signing_key } = keys.body();
  const device = deviceKeysOf(ghost);
  const byBob = (object: JsonObject) => signed(object, bob, "ed25519:B", signingPair());
  const hidden = (object: JsonObject) =>
    signed(object, ghost, `ed25519:${keys.userSigning.publicKey}`, keys.userSigning);
  const given = {
    master: hidden(byBob(keys.masterKey())),
    self_signing: byBob(self_signing_key),
    user_signing: user_signing_key,
  };
  tell(house, { [ghost]: saying({ PHONE: hidden(device) }, given) });
  const answer = await query(house, [ghost]);
  assert.deepEqual(answer.devices[ghost], { PHONE: { ...device, unsigned: {} } });
  assert.deepEqual(answer.selfSigning, { [ghost]: self_signing_key });
  assert.deepEqual(answer.master, { [ghost]: { ...keys.masterKey(), signatures: { [ghost]: {} } } });
});

test("Q3: the viewer sees its own signature on that very master key, and nobody else does", async (t) => {
  const house = await openProxiedHouse(t);
  const [ours, theirs] = [new CrossSigningKeys(ghost), new CrossSigningKeys(ghost)];
  await putCrossSigning(house, ghost, "master", ours.masterKey());
  const sign = (publicKey: string) =>
    storing(house, ({ keySignatures }) =>
      keySignatures.put({ userId: ghost, key: publicKey }, { signer: bob, keyId: "ed25519:B", signature: publicKey }),
    );
  const seen = async (viewer: UserId | undefined) => (await query(house, [ghost], { viewer })).master[ghost].signatures;
  tell(house, { [ghost]: saying({}, { master: theirs.masterKey() }) });
  await sign(ours.master.publicKey);
  assert.equal(await seen(bob), undefined, "the signature is on the key that was replaced");
  await sign(theirs.master.publicKey);
  assert.deepEqual(await seen(bob), { [bob]: { "ed25519:B": theirs.master.publicKey } });
  for (const viewer of [alice, ghost, undefined]) assert.equal(await seen(viewer), undefined);
  const unstored = new CrossSigningKeys(second);
  await storing(house, ({ keySignatures }) =>
    keySignatures.put(
      { userId: second, key: unstored.master.publicKey },
      { signer: bob, keyId: "ed25519:B", signature: "S" },
    ),
  );
  tell(house, { [second]: saying({}, { master: unstored.masterKey() }) });
  assert.deepEqual((await query(house, [second])).master[second].signatures, { [bob]: { "ed25519:B": "S" } });
  tell(house, {});
  assert.deepEqual(await seen(bob), { [bob]: { "ed25519:B": ours.master.publicKey } });
});

test("Q5: what is served is canonical JSON with unsigned behind it, as what is stored is", async (t) => {
  const house = await openProxiedHouse(t);
  const { signatures, ...rest } = deviceKeysOf(ghost);
  tell(house, { [ghost]: saying({ PHONE: { signatures: signatures ?? {}, ...rest } }) });
  const wanted = new Map([[ghost, new Set<DeviceId>()]]);
  const { deviceKeys } = await queryLocalKeys(house, bob, wanted, 10_000);
  const names = Object.keys(JSON.parse(deviceKeys.get(ghost)?.get(phone) ?? "{}"));
  assert.deepEqual(names, ["algorithms", "device_id", "keys", "signatures", "user_id", "unsigned"]);
});

test("Q5: appservices are asked at once, while the stored keys are read, with the time of the request and 10 s at most", async (t) => {
  const house = await openProxiedHouse(t, [registration(), registration({ id: "other" })]);
  const other = "@other_one:example.org" as UserId;
  const both = Promise.withResolvers<void>();
  house.appserviceKeys.tell = async () => {
    if (house.appserviceKeys.queries.length === 2 && house.work.reads > 0) both.resolve();
    await both.promise;
    return new Map();
  };
  await query(house, [ghost, other], { timeout: 60_000 });
  await query(house, [ghost], { timeout: 5 });
  assert.deepEqual(
    house.appserviceKeys.queries.map(({ timeout }) => timeout),
    [10_000, 10_000, 5],
  );
});

test("Q5: on a server without appservices a query reads as much as ever", async (t) => {
  const house = await openProxiedHouse(t, []);
  await putDevice(house, deviceKeysOf(alice));
  const before = { ...house.work };
  await query(house, [alice, ghost]);
  assert.deepEqual(house.work, { ...before, reads: before.reads + 1 });
});
