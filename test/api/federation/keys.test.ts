import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppserviceKeys } from "../../../src/domain/appservices/appservice-keys.ts";
import type { IssuedKey } from "../../../src/domain/one-time-keys/one-time-key-store.ts";
import { appservicesOf, registration } from "../../domain/appservice-feed/registrations.ts";
import type { Answer, Client } from "../../support/client.ts";
import { CrossSigningKeys, signed } from "../../support/signed-keys.ts";
import type { CallingServer } from "./calling-server.ts";
import { type Serving, serveFederation } from "./serve-federation.ts";

const algorithm = "signed_curve25519";

/** A logged-in device with keys of every kind. */
async function keyedClient({ newClient }: Serving, localpart: string, oneTimeKeys = 2): Promise<Client> {
  const client = await newClient(localpart);
  const { keys } = client;
  const uploaded = await client.upload({
    device_keys: keys.deviceKeys(),
    one_time_keys: keys.oneTimeKeys(oneTimeKeys),
    fallback_keys: keys.fallbackKey(),
  });
  assert.equal(uploaded.status, 200);
  return client;
}

function claim(server: CallingServer, wanted: Record<string, Record<string, string>>): Promise<Answer> {
  return server.post("/user/keys/claim", { one_time_keys: wanted });
}

test("C4 (MSC4072): each of the cases has an entry: known, fallback only, depleted, unknown device, unknown user", async (t) => {
  const serving = await serveFederation(t);
  const server = serving.caller("calling.example");
  const alice = await keyedClient(serving, "alice");
  const bob = await keyedClient(serving, "bob", 0);
  const carol = await serving.newClient("carol");
  const nobody = "@nobody:example.org";
  const { status, body } = await claim(server, {
    [alice.userId]: { [alice.deviceId]: algorithm, UNKNOWN: algorithm },
    [bob.userId]: { [bob.deviceId]: algorithm },
    [carol.userId]: { [carol.deviceId]: algorithm },
    [nobody]: { DEVICE: algorithm },
  });
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ["one_time_keys"]);
  const keys = body.one_time_keys;
  assert.deepEqual(Object.keys(keys[alice.userId][alice.deviceId]), [`${algorithm}:AAA0`]);
  assert.deepEqual(keys[alice.userId].UNKNOWN, {});
  assert.equal(keys[bob.userId][bob.deviceId][`${algorithm}:FALL`].fallback, true);
  assert.deepEqual(keys[carol.userId], { [carol.deviceId]: {} });
  assert.deepEqual(keys[nobody], { DEVICE: {} });
});

test("C4: with msc4072 off, other servers too are told of those alone that have a key", async (t) => {
  const compatibility = { msc4072: false, msc3983: true, msc3984: true, msc2732DraftNames: false };
  const serving = await serveFederation(t, { compatibility });
  const alice = await keyedClient(serving, "alice");
  const { body } = await claim(serving.caller("calling.example"), {
    [alice.userId]: { [alice.deviceId]: algorithm, UNKNOWN: algorithm },
    "@nobody:example.org": { DEVICE: algorithm },
  });
  assert.deepEqual(Object.keys(body.one_time_keys), [alice.userId]);
  assert.deepEqual(Object.keys(body.one_time_keys[alice.userId]), [alice.deviceId]);
});

test("C1, C2: a server gets each key once, in order, beside the clients here", async (t) => {
  const serving = await serveFederation(t);
  const server = serving.caller("calling.example");
  const alice = await keyedClient(serving, "alice", 4);
  const bob = await serving.newClient("bob");
  const wanted = { [alice.userId]: { [alice.deviceId]: algorithm } };
  const claims = [claim(server, wanted), bob.claim(alice.userId, alice.deviceId), claim(server, wanted)];
  const answers = await Promise.all(claims);
  const ids = answers.map((answer) =>
    Array.isArray(answer)
      ? answer[0]
      : Object.keys((answer as Answer).body.one_time_keys[alice.userId][alice.deviceId])[0],
  );
  assert.deepEqual(
    ids.sort(),
    ["AAA0", "AAA1", "AAA2"].map((id) => `${algorithm}:${id}`),
  );
});

test("C8: a claim of another server tells the owner", async (t) => {
  const serving = await serveFederation(t);
  const alice = await keyedClient(serving, "alice", 2);
  const woken = serving.house.woken.length;
  await claim(serving.caller("calling.example"), { [alice.userId]: { [alice.deviceId]: algorithm } });
  assert.deepEqual(serving.house.woken.slice(woken), [alice.userId]);
  assert.equal((await alice.sync()).device_one_time_keys_count[algorithm], 1);
});

test("C7: a server has a budget, which its users share, and others are not held back by it", async (t) => {
  const claimBudgets = { budget: 0, serverBudget: 2, deviceBudget: 0, refillTime: 60_000 };
  const serving = await serveFederation(t, { claimBudgets });
  const alice = await keyedClient(serving, "alice", 10);
  const [one, other] = [serving.caller("one.example"), serving.caller("other.example")];
  const claimed = async (server: typeof one) => {
    const { body } = await claim(server, { [alice.userId]: { [alice.deviceId]: algorithm } });
    return Object.keys(body.one_time_keys[alice.userId][alice.deviceId])[0];
  };
  assert.deepEqual([await claimed(one), await claimed(one)], [`${algorithm}:AAA0`, `${algorithm}:AAA1`]);
  assert.equal(await claimed(one), `${algorithm}:FALL`);
  assert.equal(await claimed(other), `${algorithm}:AAA2`);
  serving.house.clock.advance(60_000);
  assert.equal(await claimed(one), `${algorithm}:AAA3`);
});

test("C5: a user who is not ours, and an id that is none, is a 400 for the whole request", async (t) => {
  const serving = await serveFederation(t);
  const server = serving.caller("calling.example");
  const alice = await keyedClient(serving, "alice", 1);
  const own = { [alice.deviceId]: algorithm };
  const bad: Record<string, Record<string, string>>[] = [
    { [alice.userId]: own, "@bob:calling.example": { DEVICE: algorithm } },
    { [alice.userId]: own, bob: { DEVICE: algorithm } },
    { [alice.userId]: { ...own, "": algorithm } },
    { [alice.userId]: { ...own, DEVICE: "" } },
  ];
  for (const wanted of bad) {
    const { status, body } = await claim(server, wanted);
    assert.deepEqual([status, body.errcode], [400, "M_INVALID_PARAM"], JSON.stringify(wanted));
  }
  for (const users of [{ [alice.userId]: [], "@bob:calling.example": [] }, { bob: [] }, { [alice.userId]: [""] }]) {
    const { status, body } = await server.post("/user/keys/query", { device_keys: users });
    assert.deepEqual([status, body.errcode], [400, "M_INVALID_PARAM"], JSON.stringify(users));
  }
  assert.equal((await alice.sync()).device_one_time_keys_count[algorithm], 1, "nothing was given away");
});

test("Q1-Q3: a query of another server gives devices and public keys, no user-signing key and nothing signed by one", async (t) => {
  const serving = await serveFederation(t);
  const server = serving.caller("calling.example");
  const [alice, bob] = [await keyedClient(serving, "alice"), await keyedClient(serving, "bob")];
  const crossSigning = new CrossSigningKeys(alice.userId);
  assert.equal((await alice.post("/keys/device_signing/upload", crossSigning.body())).status, 200);
  const bobs = new CrossSigningKeys(bob.userId);
  assert.equal((await bob.post("/keys/device_signing/upload", bobs.body())).status, 200);
  const verified = signed(
    bobs.masterKey(),
    alice.userId,
    `ed25519:${crossSigning.userSigning.publicKey}`,
    crossSigning.userSigning,
  );
  const upload = { [bob.userId]: { [bobs.master.publicKey]: verified } };
  assert.deepEqual((await alice.post("/keys/signatures/upload", upload)).body.failures ?? {}, {});
  await alice.request("PUT", `/devices/${alice.deviceId}`, { display_name: "Alice's phone" });

  const wanted = { [alice.userId]: [], [bob.userId]: ["UNKNOWN"], "@nobody:example.org": [] };
  const { status, body } = await server.post("/user/keys/query", { device_keys: wanted });
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body).sort(), ["device_keys", "master_keys", "self_signing_keys"]);
  const device = body.device_keys[alice.userId][alice.deviceId];
  assert.deepEqual(device, { ...alice.keys.deviceKeys(), unsigned: { device_display_name: "Alice's phone" } });
  assert.deepEqual(body.device_keys[bob.userId], {});
  assert.deepEqual(body.device_keys["@nobody:example.org"], {});
  assert.deepEqual(Object.keys(body.master_keys).sort(), [alice.userId, bob.userId]);
  assert.deepEqual(body.self_signing_keys[alice.userId], crossSigning.body().self_signing_key);
  assert.deepEqual(body.master_keys[bob.userId].signatures ?? {}, {}, "whom alice has verified is hers to know");
});

test("C6, Q5: an appservice answers for its users towards other servers, too", async (t) => {
  const ghost = "@ghost_1:example.org";
  const key: IssuedKey = { keyId: `${algorithm}:OWN`, json: '{"key":"abc","signatures":{}}' };
  const deviceKeys = { user_id: ghost, device_id: "GHOST", algorithms: [], keys: {}, signatures: {} };
  const appserviceKeys: AppserviceKeys = {
    claimAll: async (_appservice, claims) => claims.map(() => key),
    query: async () =>
      new Map([[ghost as never, { devices: new Map([["GHOST" as never, deviceKeys]]), crossSigningKeys: {} }]]),
  };
  const answering = appservicesOf(registration("ghost", { answersClaims: true, answersQueries: true }));
  const serving = await serveFederation(t, { appservices: answering, appserviceKeys });
  const server = serving.caller("calling.example");
  const claimed = await claim(server, { [ghost]: { GHOST: algorithm } });
  assert.deepEqual(claimed.body.one_time_keys[ghost].GHOST, { [key.keyId]: { key: "abc", signatures: {} } });
  const queried = await server.post("/user/keys/query", { device_keys: { [ghost]: [] } });
  assert.deepEqual(queried.body.device_keys[ghost].GHOST, { ...deviceKeys, unsigned: {} });
});
