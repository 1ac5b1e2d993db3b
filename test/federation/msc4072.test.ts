import assert from "node:assert/strict";
import { after, test } from "node:test";
import { freePort } from "../cli/run-claviger.ts";
import { type Client, newClient } from "../support/client.ts";
import { Federation } from "./federated-servers.ts";
import { type Json, PlayedServers, silence } from "./played-servers.ts";
import { isSignedBy } from "./x-matrix.ts";

const played = await PlayedServers.start("omitting.claviger.test", "rubbish.claviger.test", "silent.claviger.test");
after(() => played.close());
const [omitting, rubbish, silent] = played.all;
const federation = await Federation.start({
  names: ["one", "two"],
  played: { ...played.overrides, "down.claviger.test": `127.0.0.1:${await freePort()}` },
});
after(() => federation.close());
const [one, two] = [federation.server("one"), federation.server("two")];
const algorithm = "signed_curve25519";

/** By user and device: the algorithm. */
type Asked = Record<string, Record<string, string>>;

const alice = await newClient(one.url, "alice");
const [near, far] = [await known(one.url, "near"), await known(two.url, "far")];
const [nearEmpty, farEmpty] = [await newClient(one.url, "near-empty"), await newClient(two.url, "far-empty")];
for (const client of [nearEmpty, farEmpty]) await client.upload({ device_keys: client.keys.deviceKeys() });

/** A user with two one-time keys, and no fallback key. */
async function known(url: string, localpart: string): Promise<Client> {
  const client = await newClient(url, localpart);
  await client.upload({ device_keys: client.keys.deviceKeys(), one_time_keys: client.keys.oneTimeKeys(50) });
  return client;
}

const ask = (...owners: readonly { userId: string; deviceId: string }[]): Asked => {
  const asked: Asked = {};
  for (const { userId, deviceId } of owners) asked[userId] = { ...asked[userId], [deviceId]: algorithm };
  return asked;
};

/** C4: each device has exactly one of an entry and its server among the failures; gives how many keys each got. */
function exactlyOne(asked: Asked, { one_time_keys: given, failures = {} }: Json): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [userId, devices] of Object.entries(asked)) {
    for (const deviceId of Object.keys(devices)) {
      const entry = given[userId]?.[deviceId];
      const hasFailed = userId.slice(userId.indexOf(":") + 1) in failures;
      assert.notEqual(entry !== undefined, hasFailed, `exactly one of, for ${userId} ${deviceId}`);
      counts[`${userId} ${deviceId}`] = Object.keys(entry ?? {}).length;
    }
  }
  for (const [userId, devices] of Object.entries<object>(given)) {
    assert.deepEqual(Object.keys(devices).sort(), Object.keys(asked[userId] ?? {}).sort(), "and nothing else");
  }
  assert.ok(!(one.name in failures), "our own name is never in failures");
  return counts;
}

async function claim(asked: Asked, timeout = 20_000): Promise<Json> {
  const { status, body } = await alice.post("/keys/claim", { one_time_keys: asked, timeout });
  assert.equal(status, 200);
  return body;
}

const nobody = (server: string) => ({ userId: `@nobody:${server}`, deviceId: "PHONE" });
const unknownDevice = ({ userId }: Client) => ({ userId, deviceId: "NO-SUCH-DEVICE" });

for (const [where, known, empty, server] of [
  ["here", near, nearEmpty, one.name],
  ["on another server", far, farEmpty, two.name],
] as const) {
  test(`C4: a claim has an entry for a known device, an unknown one, an unknown user's and a depleted one ${where}`, async () => {
    const owners = [known, unknownDevice(known), nobody(server), { ...nobody(server), deviceId: "TABLET" }, empty];
    const asked = ask(...owners);
    const body = await claim(asked);
    assert.deepEqual(body.failures ?? {}, {});
    assert.deepEqual(Object.values(exactlyOne(asked, body)), [1, 0, 0, 0, 0]);
  });
}

test("C4, C5: a device that its server leaves out of its answer has an empty entry", async () => {
  const users = { given: omitting!.userId("given"), omitted: omitting!.userId("omitted") };
  omitting!.addDevice("given", "PHONE");
  for (const left of [
    { one_time_keys: omitting!.claim({ [users.given]: { PHONE: algorithm } }).one_time_keys },
    {
      one_time_keys: { [users.omitted]: {}, ...omitting!.claim({ [users.given]: { PHONE: algorithm } }).one_time_keys },
    },
  ]) {
    omitting!.on.claim = () => ({ body: left });
    const asked = ask({ userId: users.given, deviceId: "PHONE" }, { userId: users.omitted, deviceId: "PHONE" });
    const body = await claim(asked);
    assert.deepEqual(body.failures ?? {}, {});
    assert.deepEqual(Object.values(exactlyOne(asked, body)), [1, 0]);
  }
});

test("C4, C5: a device for which its server answers rubbish has an empty entry", async () => {
  const userId = rubbish!.userId("user");
  const asked = ask({ userId, deviceId: "PHONE" });
  for (const entry of [null, 1, "x", [], { "no colon": {} }, { "signed_curve25519:A": 7 }, { "curve25519:A": "key" }]) {
    rubbish!.on.claim = () => ({ body: { one_time_keys: { [userId]: { PHONE: entry } } } });
    const body = await claim(asked);
    assert.deepEqual(Object.values(exactlyOne(asked, body)), [0], JSON.stringify(entry));
    assert.deepEqual(body.failures ?? {}, {}, JSON.stringify(entry));
  }
});

test("C4, C5: a server that is down, and one that does not answer in time, stand in failures; the rest is answered", async () => {
  silent!.on.claim = () => silence;
  const owners = [nobody("down.claviger.test"), { userId: silent!.userId("user"), deviceId: "PHONE" }, near, far];
  const asked = ask(...owners);
  const { body } = await alice.post("/keys/claim", { one_time_keys: asked, timeout: 3000 });
  assert.deepEqual(Object.keys(body.failures).sort(), ["down.claviger.test", "silent.claviger.test"]);
  for (const failure of Object.values<Json>(body.failures)) {
    assert.deepEqual(Object.keys(failure).sort(), ["errcode", "error", "message", "status"]);
    assert.equal(typeof failure.status, "number");
  }
  assert.deepEqual(Object.values(exactlyOne(asked, body)), [0, 0, 1, 1]);
});

test("C4: all cases in one request", async () => {
  const userId = omitting!.userId("omitted");
  omitting!.on.claim = () => ({ body: { one_time_keys: {} } });
  const asked = ask(
    ...[near, unknownDevice(near), nobody(one.name), nearEmpty],
    ...[far, unknownDevice(far), nobody(two.name), farEmpty],
    ...[{ userId, deviceId: "PHONE" }, nobody("down.claviger.test")],
  );
  const body = await claim(asked);
  assert.deepEqual(Object.values(exactlyOne(asked, body)), [1, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
  assert.deepEqual(Object.keys(body.failures), ["down.claviger.test"]);
});

test("C4: another server's claim has an entry for a known device, an unknown one, an unknown user's and a depleted one", async () => {
  const asked = ask(
    near,
    unknownDevice(near),
    nobody(one.name),
    { ...nobody(one.name), deviceId: "TABLET" },
    nearEmpty,
  );
  const path = "/_matrix/federation/v1/user/keys/claim";
  const { status, body } = await omitting!.request(one, "POST", path, { one_time_keys: asked });
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(Object.keys(body), ["one_time_keys"], "failures are for clients");
  assert.deepEqual(Object.values(exactlyOne(asked, body)), [1, 0, 0, 0, 0]);
});

test("C5: another server's claim that names a user who is not ours is refused whole", async () => {
  const path = "/_matrix/federation/v1/user/keys/claim";
  const before = await near.sync();
  for (const stranger of [far.userId, omitting!.userId("given"), "no user id"]) {
    const asked = ask(near, { userId: stranger, deviceId: "PHONE" });
    const { status } = await omitting!.request(one, "POST", path, { one_time_keys: asked });
    assert.equal(status, 400, stranger);
  }
  const { device_one_time_keys_count: counts } = await near.sync();
  assert.deepEqual(counts, before.device_one_time_keys_count, "nothing was taken");
});

test("a claim that goes to another server is signed by the key that this one publishes", async () => {
  const { body: published } = await omitting!.request(one, "GET", "/_matrix/key/v2/server");
  const heard = omitting!.heardOn("claim").at(-1)!;
  const { origin, destination, key, sig } = heard.authorization!;
  assert.deepEqual([origin, destination], [one.name, omitting!.name]);
  const { method, uri, body: content } = heard;
  assert.ok(isSignedBy({ method, uri, origin, destination, content }, sig, published.verify_keys[key].key));
});
