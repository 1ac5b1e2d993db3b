import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppserviceKeys } from "../../../src/domain/appservices/appservice-keys.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { appservicesOf, registration } from "../../domain/appservice-feed/registrations.ts";
import { CrossSigningKeys } from "../../support/signed-keys.ts";
import { serveFederation } from "./serve-federation.ts";

const calling = "calling.example" as ServerName;

test("a server gets a user's devices and keys, and hears of the user from then on", async (t) => {
  const { caller, newClient, house } = await serveFederation(t);
  const alice = await newClient("alice");
  const crossSigning = new CrossSigningKeys(alice.userId);
  await alice.upload({ device_keys: alice.keys.deviceKeys() });
  await alice.post("/keys/device_signing/upload", crossSigning.body());
  await alice.request("PUT", `/devices/${alice.deviceId}`, { display_name: "Phone" });
  const { status, body } = await caller(calling).get(`/user/devices/${encodeURIComponent(alice.userId)}`);
  assert.equal(status, 200);
  assert.equal(body.user_id, alice.userId);
  const [device, ...others] = body.devices;
  assert.deepEqual(others, []);
  assert.equal(device.device_id, alice.deviceId);
  assert.equal(device.device_display_name, "Phone");
  assert.deepEqual(device.keys, { ...alice.keys.deviceKeys(), unsigned: { device_display_name: "Phone" } });
  assert.deepEqual(body.master_key, crossSigning.body().master_key);
  assert.deepEqual(body.self_signing_key, crossSigning.body().self_signing_key);
  assert.equal(body.user_signing_key, undefined, "Q3");
  assert.equal(body["io.claviger.followed_until"], house.clock.now() + 7 * 24 * 3600_000);

  const told = await house.unitOfWork.run({}, async ({ destinations, listeningServers, stream }) => ({
    streamId: await destinations.findToldStreamId(calling, alice.userId as UserId),
    listening: await listeningServers.listServers(alice.userId as UserId),
    position: await stream.findPosition(),
  }));
  assert.deepEqual(told, { streamId: body.stream_id, listening: [calling], position: body.stream_id });
});

test("what is in the list needs not be told; what changes afterwards is to be", async (t) => {
  const { caller, newClient, house } = await serveFederation(t);
  const alice = await newClient("alice");
  const server = caller(calling);
  const path = `/user/devices/${encodeURIComponent(alice.userId)}`;
  const first = await server.get(path);
  const waiting = () => house.unitOfWork.run({}, ({ federationQueue }) => federationQueue.hasWaiting(calling));
  assert.equal(await waiting(), false);
  await alice.upload({ device_keys: alice.keys.deviceKeys() });
  assert.equal(await waiting(), true);
  const second = await server.get(path);
  assert.ok(second.body.stream_id > first.body.stream_id);
  assert.equal(second.body.devices.length, 1);
  assert.equal(await waiting(), false);
});

test("Q4: a server that does not take what it is sent is promised nothing", async (t) => {
  const { caller, newClient, house } = await serveFederation(t);
  const alice = await newClient("alice");
  const server = caller(calling);
  const ask = async () =>
    (await server.get(`/user/devices/${encodeURIComponent(alice.userId)}`)).body["io.claviger.followed_until"];
  const now = house.clock.now();
  const failure = { attempts: 1, since: now, error: "ECONNREFUSED", nextAttemptAt: now };
  await house.unitOfWork.run("everything", ({ destinations }) => destinations.putFailure(calling, failure));
  assert.equal(await ask(), undefined);
  await house.unitOfWork.run("everything", ({ destinations }) => destinations.removeFailure(calling));
  assert.equal(await ask(), now + 7 * 24 * 3600_000);
});

test("a user without keys has an empty list; one who does not exist is a 404, and one of another server a 400", async (t) => {
  const { caller, newClient, house } = await serveFederation(t);
  const server = caller(calling);
  const alice = await newClient("alice");
  const listOf = (userId: string) => server.get(`/user/devices/${encodeURIComponent(userId)}`);
  assert.deepEqual((await listOf(alice.userId)).body.devices, []);
  const unknown = await listOf("@nobody:example.org");
  assert.deepEqual([unknown.status, unknown.body.errcode], [404, "M_NOT_FOUND"]);
  for (const userId of ["@alice:calling.example", "alice", "@alice"]) {
    const { status, body } = await listOf(userId);
    assert.deepEqual([status, body.errcode], [400, "M_INVALID_PARAM"], userId);
  }
  const listening = await house.unitOfWork.run({}, ({ listeningServers }) =>
    listeningServers.listServers("@nobody:example.org" as UserId),
  );
  assert.deepEqual(listening, []);
});

test("Q5: devices of a user whose appservice answers for it are the appservice's", async (t) => {
  const ghost = "@ghost_1:example.org" as UserId;
  const deviceKeys = { user_id: ghost, device_id: "OWN", algorithms: [], keys: {}, signatures: {} };
  const keys = { devices: new Map([["OWN" as never, deviceKeys]]), crossSigningKeys: {} };
  const appserviceKeys: AppserviceKeys = {
    claimAll: async (_appservice, claims) => claims.map(() => undefined),
    query: async () => new Map([[ghost, keys]]),
  };
  const { caller, house } = await serveFederation(t, {
    ...{ appservices: appservicesOf(registration("ghost", { answersQueries: true })), appserviceKeys },
    // It makes the user when it is asked for it.
    appserviceUsers: {
      hasUser: async () => {
        const account = { userId: ghost, passwordHash: undefined, isAdmin: false, createdAt: 0 };
        return house.unitOfWork.run({ exclusive: [ghost] }, ({ accounts }) => accounts.add(account));
      },
    },
  });
  const { status, body } = await caller(calling).get(`/user/devices/${encodeURIComponent(ghost)}`);
  assert.equal(status, 200);
  assert.deepEqual(body.devices, [{ device_id: "OWN", keys: { ...deviceKeys, unsigned: {} } }]);
  assert.equal(body["io.claviger.followed_until"], undefined, "what the appservice changes nobody tells");
});
