import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { RemoteClaim } from "../../src/domain/federation-out/remote-servers.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { carol, dave, down, erin, other, remote } from "../domain/key-directory/federated-house.ts";
import { serveFederatedHouse } from "../domain/key-directory/serve-federated-house.ts";
import { KeyedDevice } from "../support/signed-keys.ts";

const algorithm = "signed_curve25519";
const phone = new KeyedDevice({ userId: carol, deviceId: "PHONE" });

/** Another server: carol has a phone with keys and a tablet without; it says nothing of a car, and knows nobody else. */
function remoteServer(pool: JsonObject[], body: RemoteClaim): JsonObject {
  const keys: JsonObject = {};
  for (const [userId, devices] of Object.entries(body)) {
    const ofUser: JsonObject = {};
    for (const deviceId of Object.keys(devices).filter((id) => id !== "CAR")) {
      const key = userId === carol && deviceId === "PHONE" ? pool.shift() : undefined;
      ofUser[deviceId] = key ? { [`${algorithm}:A`]: key } : {};
    }
    keys[userId] = ofUser;
  }
  return { one_time_keys: keys };
}

/** The six cases of MSC4072 in one request, over federation. */
async function claimAll(t: TestContext, msc4072: boolean) {
  const { house, bob } = await serveFederatedHouse(t, { msc4072 });
  const pool = [phone.oneTimeKey()];
  house.remoteServers.claim = (server, body) => (server === remote ? { body: remoteServer(pool, body) } : down);
  const key = pool[0] as JsonObject;
  const wanted = {
    [carol]: { PHONE: algorithm, UNHEARD: algorithm, TABLET: algorithm, CAR: algorithm },
    [dave]: { PHONE: algorithm },
    [erin]: { PHONE: algorithm },
  };
  const claim = async () => {
    const { status, body } = await bob.post("/keys/claim", { one_time_keys: wanted });
    assert.equal(status, 200);
    return body;
  };
  return { key, first: await claim(), second: await claim() };
}

const error = "It cannot be reached";
const failures = { [other]: { status: 503, errcode: "M_UNAVAILABLE", error, message: error } };

test("C4, C5: known, unknown, depleted and left-out devices, an unknown user and a server that is down", async (t) => {
  const { key, first, second } = await claimAll(t, true);
  const rest = { UNHEARD: {}, TABLET: {}, CAR: {} };
  assert.deepEqual(first, {
    one_time_keys: { [carol]: { PHONE: { [`${algorithm}:A`]: key }, ...rest }, [dave]: { PHONE: {} } },
    failures,
  });
  assert.deepEqual(second, { one_time_keys: { [carol]: { PHONE: {}, ...rest }, [dave]: { PHONE: {} } }, failures });
});

test("C4: with compatibility.msc4072 off, devices and users without a key are left out, as older servers do", async (t) => {
  const { key, first, second } = await claimAll(t, false);
  assert.deepEqual(first, { one_time_keys: { [carol]: { PHONE: { [`${algorithm}:A`]: key } } }, failures });
  assert.deepEqual(second, { one_time_keys: {}, failures });
});

test("C4, C5: our own name is never among the failures, whoever else fails", async (t) => {
  const { house, bob, newClient } = await serveFederatedHouse(t);
  const alice = await newClient("alice");
  const keys = alice.keys.oneTimeKeys(1);
  await alice.upload({ device_keys: alice.keys.deviceKeys(), one_time_keys: keys });
  house.remoteServers.claim = () => down;
  const wanted = {
    [alice.userId]: { [alice.deviceId]: algorithm },
    "@nobody:example.org": { X: algorithm },
    [carol]: {},
  };
  const { body } = await bob.post("/keys/claim", { one_time_keys: { ...wanted, [erin]: { PHONE: algorithm } } });
  assert.deepEqual(body, {
    one_time_keys: { [alice.userId]: { [alice.deviceId]: keys }, "@nobody:example.org": { X: {} }, [carol]: {} },
    failures,
  });
});

test("C5: the timeout of the body is the time that each server has", async (t) => {
  const { house, bob } = await serveFederatedHouse(t);
  await bob.post("/keys/claim", { one_time_keys: { [carol]: { PHONE: algorithm } }, timeout: 1234 });
  await bob.post("/keys/query", { device_keys: { [carol]: [] }, timeout: 4321 });
  const { claims, queries } = house.remoteServers;
  assert.deepEqual(
    [...claims, ...queries].map(({ timeout }) => timeout),
    [1234, 4321],
  );
});

test("C5: an unparsable user id refuses the whole request", async (t) => {
  const { house, bob } = await serveFederatedHouse(t);
  for (const userId of ["carol", "@carol", "@carol:", "@carol:remote test", "carol:remote.test"]) {
    const claimed = await bob.post("/keys/claim", { one_time_keys: { [carol]: { PHONE: algorithm }, [userId]: {} } });
    const queried = await bob.post("/keys/query", { device_keys: { [carol]: [], [userId]: [] } });
    for (const { status, body } of [claimed, queried]) {
      assert.deepEqual([status, body.errcode], [400, "M_INVALID_PARAM"]);
    }
  }
  assert.deepEqual([house.remoteServers.claims, house.remoteServers.queries], [[], []]);
});
