import assert from "node:assert/strict";
import { test } from "node:test";
import { isKnownToBeFresh } from "../../../src/domain/remote-device-lists/known-to-be-fresh.ts";
import type { DeviceListUpdate } from "../../../src/protocol/federation/edu.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import { alice } from "../open-house.ts";
import { carol, OtherServer, publicKey } from "./other-server.ts";
import { openFreshHouse, openRemoteHouse, type RemoteHouse } from "./remote-house.ts";

const first = { LAPTOP: "l1", PHONE: "p1", master: publicKey("master 1"), self_signing: publicKey("self 1") };

/** The list is to be fetched within two seconds, and nobody takes it for fresh. */
async function assertStale(house: RemoteHouse): Promise<void> {
  const list = await house.list();
  assert.equal(list?.isFresh, false);
  assert.equal(isKnownToBeFresh(list, house.clock.now()), false);
  const wait = (list?.nextResyncAt ?? 0) - house.clock.now();
  assert.ok(wait > 0 && wait <= 2000, `due in ${wait} ms`);
  assert.ok(house.woken.includes(carol));
}

async function assertFreshAt(house: RemoteHouse, streamId: number): Promise<void> {
  const list = await house.list();
  assert.deepEqual([list?.isFresh, list?.streamId], [true, streamId]);
  assert.ok(isKnownToBeFresh(list, house.clock.now()));
}

test("Q4: of users who are not tracked nothing is kept", async (t) => {
  const house = await openRemoteHouse(t);
  const server = new OtherServer();
  await house.deliver(server.setDevice("PHONE", "p1"));
  await house.deliver(server.setCrossSigning("1"));
  assert.equal(await house.list(), undefined);
  assert.deepEqual(await house.kept(), {});
});

test("Q4: updates that follow on what is known are taken, and those who hear of the user are told", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  for (const [update, kept] of [
    [server.setDevice("PHONE", "p2"), { ...first, PHONE: "p2" }],
    [server.setDevice("TABLET", "t1"), { ...first, PHONE: "p2", TABLET: "t1" }],
    [server.removeDevice("LAPTOP"), { ...first, LAPTOP: undefined, PHONE: "p2", TABLET: "t1" }],
  ] as const) {
    const before = await house.position();
    house.woken.length = 0;
    await house.deliver(update);
    assert.deepEqual(await house.kept(), JSON.parse(JSON.stringify(kept)));
    await assertFreshAt(house, update.streamId);
    assert.ok(await house.hears(before));
    assert.ok(house.woken.includes(alice));
  }
});

test("Q2: unsigned is made here, with the display name that is told", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  const update = server.setDevice("PHONE", "p2");
  const unsigned = { device_display_name: "inner", other: "rubbish" };
  await house.deliver({ ...update, displayName: undefined, keys: { ...(update.keys as object), unsigned } });
  const rendered = async () => {
    const find = house.snapshots.read(({ remoteDeviceLists }) =>
      remoteDeviceLists.findDevice(carol, "PHONE" as DeviceId),
    );
    return JSON.parse((await find)?.rendered ?? "null");
  };
  assert.deepEqual(await rendered(), {
    ...server.deviceKeys("PHONE", "p2"),
    unsigned: { device_display_name: "inner" },
  });
  await house.deliver({ ...server.setDevice("PHONE", "p3"), displayName: "x".repeat(257) });
  assert.deepEqual(await rendered(), { ...server.deviceKeys("PHONE", "p3"), unsigned: {} });
});

test("Q4: a device that has no keys is none", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  const update = server.setDevice("PHONE", "p2");
  await house.deliver({ ...update, keys: undefined });
  assert.equal((await house.kept())["PHONE"], undefined);
  await assertFreshAt(house, update.streamId);
});

test("Q4: an update with nothing new moves the stream id, and nobody is told", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  const before = await house.position();
  const update = server.setDevice("PHONE", "p1");
  await house.deliver(update);
  await assertFreshAt(house, update.streamId);
  await house.deliver(server.removeDevice("NOBODY"));
  assert.equal(await house.hears(before), false);
});

test("Q4: the same update again is nothing", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  const update = server.setDevice("PHONE", "p2");
  await house.deliver(update);
  const before = await house.position();
  await house.deliver(update);
  await assertFreshAt(house, update.streamId);
  assert.equal(await house.hears(before), false);
});

const gaps: [string, (update: DeviceListUpdate) => DeviceListUpdate][] = [
  ["one before it is missing", (update) => ({ ...update, prevIds: [update.streamId - 1, update.streamId - 2] })],
  ["it follows on something unknown", (update) => ({ ...update, prevIds: [7] })],
  ["it follows on nothing", (update) => ({ ...update, prevIds: [] })],
  ["it is from the past", (update) => ({ ...update, streamId: 7 })],
  ["its stream id is known, for other keys", (update) => ({ ...update, streamId: update.streamId - 1 })],
  ["its keys are of another device", (update) => ({ ...update, deviceId: "OTHER" as DeviceId })],
  ["its keys have a wrong shape", (update) => ({ ...update, keys: { keys: 7 } })],
];
for (const [name, broken] of gaps) {
  test(`Q4: an update is not taken, and the list is fetched, when ${name}`, async (t) => {
    const server = new OtherServer();
    const house = await openFreshHouse(t, server);
    await house.deliver(broken(server.setDevice("PHONE", "p2")));
    assert.deepEqual(await house.kept(), first);
    await assertStale(house);
    // The next one finds a list that is fetched anyway.
    const { nextResyncAt } = (await house.list()) ?? {};
    await house.deliver(server.setDevice("PHONE", "p3"));
    assert.deepEqual(await house.kept(), first);
    assert.ok(((await house.list())?.nextResyncAt ?? 0) <= (nextResyncAt ?? 0));
    await house.fetchFrom(server);
    assert.deepEqual(await house.kept(), { ...first, PHONE: "p3" });
    await assertFreshAt(house, server.streamId);
  });
}

test("Q4: keys of a wrong shape are counted", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  await house.deliver({ ...server.setDevice("PHONE", "p2"), keys: [] });
  await house.fetchFrom(server);
  await house.deliver({ ...server.setCrossSigning("2"), masterKey: { usage: ["master"] } });
  assert.equal(house.told.dropped, 2);
  assert.deepEqual(await house.kept(), { ...first, PHONE: "p2" });
  await assertStale(house);
});

test("Q4: updates add no device beyond a thousand", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  await house.unitOfWork.run({ exclusive: [carol] }, ({ remoteDeviceLists }) => {
    const ids = Array.from({ length: 1000 }, (_, n) => `D${n}` as DeviceId);
    const devices = ids.map((deviceId) => ({ deviceId, ed25519: undefined, rendered: '{"unsigned":{}}' }));
    return remoteDeviceLists.replaceKeys(carol, { devices, crossSigningKeys: [] });
  });
  await house.deliver(server.setDevice("D7", "d7"));
  await assertFreshAt(house, server.streamId);
  await house.deliver(server.setDevice("D1000", "d1000"));
  await assertStale(house);
  assert.equal(Object.keys(await house.kept()).length, 1000);
});

test("Q4: cross-signing keys are taken at once, and the list is fetched to make sure", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  const before = await house.position();
  const update = server.setCrossSigning("2");
  await house.deliver(update);
  const second = { ...first, master: publicKey("master 2"), self_signing: publicKey("self 2") };
  assert.deepEqual(await house.kept(), second);
  assert.ok(await house.hears(before));
  assert.ok(house.woken.includes(alice));
  await assertStale(house);
  await house.fetchFrom(server);
  await house.deliver(update);
  assert.deepEqual(await house.kept(), second);
  await assertFreshAt(house, server.streamId);
});

test("Q4: cross-signing keys that come late do not stay", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  const late = server.setCrossSigning("2");
  const next = server.setCrossSigning("3");
  await house.deliver(next);
  await house.fetchFrom(server);
  await house.deliver(late);
  await assertStale(house);
  await house.fetchFrom(server);
  const third = { ...first, master: publicKey("master 3"), self_signing: publicKey("self 3") };
  assert.deepEqual(await house.kept(), third);
});

test("Q4: cross-signing keys for a list that is not fresh are not taken", async (t) => {
  const house = await openRemoteHouse(t);
  await house.track();
  await house.deliver(new OtherServer().setCrossSigning("2"));
  assert.deepEqual(await house.kept(), {});
});

test("Q3: a user-signing key is never taken", async (t) => {
  const server = new OtherServer();
  const house = await openFreshHouse(t, server);
  const key = publicKey("user-signing");
  const userSigning = { user_id: carol, usage: ["user_signing"], keys: { [`ed25519:${key}`]: key } };
  await house.deliver({ ...server.setCrossSigning("2"), masterKey: undefined, selfSigningKey: userSigning });
  assert.deepEqual(await house.kept(), first);
  await assertStale(house);
});
