import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import type { Json, PlayedServer } from "../federation/played-servers.ts";
import { ask } from "../races/federated-house.ts";
import type { Client } from "../support/client.ts";
import { answerSo, serverAnswers } from "./hostile-answer.ts";
import { makeServerWorld, type ServerWorld } from "./server-world.ts";

const seed = Number(process.env["CLAVIGER_TEST_SEED"] ?? 20_261_121);
const runs = Number(process.env["CLAVIGER_FUZZ_RUNS"] ?? 100);

let world: ServerWorld;

before(async () => {
  // One for each round: it has failed at nothing yet, and its keys are not known.
  world = await makeServerWorld(Array.from({ length: runs }, (_, index) => `other${index}`));
  for (const other of world.others) for (const device of ["PHONE", "TABLET"]) other.addDevice("mallory", device);
});
after(() => world.close());

/** Claims keys here and there: each device that is asked for has a place, or its server is among the failures. */
async function claim(alice: Client, other: PlayedServer): Promise<void> {
  const mallory = other.userId("mallory");
  const algorithm = "signed_curve25519";
  const wanted: Record<string, Record<string, string>> = {
    [alice.userId]: { [alice.deviceId]: algorithm },
    [mallory]: { PHONE: algorithm, NONE: algorithm },
  };
  const { status, body } = await alice.post("/keys/claim", { one_time_keys: wanted, timeout: 20_000 });
  assert.equal(status, 200);
  const { one_time_keys: given, failures = {} } = body as Json;
  assert.deepEqual(Object.keys(failures), other.name in failures ? [other.name] : []);
  const served = other.name in failures ? [alice.userId] : [alice.userId, mallory].sort();
  assert.deepEqual(Object.keys(given).sort(), served, "C4, C5: exactly one of them");
  for (const userId of served) {
    assert.deepEqual(Object.keys(given[userId]).sort(), Object.keys(wanted[userId] ?? {}).sort());
    for (const keys of Object.values<object>(given[userId])) assert.ok(Object.keys(keys).length <= 1);
  }
}

/** Asks for devices: each user has a place, unless its server is among the failures, and each device its own keys. */
async function query(alice: Client, other: PlayedServer): Promise<void> {
  const mallory = other.userId("mallory");
  const wanted = { [alice.userId]: [], [mallory]: [] };
  const { status, body } = await alice.post("/keys/query", { device_keys: wanted, timeout: 20_000 });
  assert.equal(status, 200);
  const { device_keys: found, failures = {}, master_keys = {}, user_signing_keys = {} } = body as Json;
  assert.deepEqual(Object.keys(failures), other.name in failures ? [other.name] : []);
  for (const userId of Object.keys({ ...found, ...master_keys })) assert.ok(userId in wanted, userId);
  assert.ok(alice.userId in found);
  assert.ok(mallory in found || other.name in failures, "Q4");
  assert.deepEqual(Object.keys(user_signing_keys), []);
  for (const [deviceId, keys] of Object.entries<Json>(found[mallory] ?? {})) {
    assert.deepEqual([keys.user_id, keys.device_id], [mallory, deviceId]);
  }
}

test("C5, Q4, E2: however another server answers, clients are answered properly, and at once", async (t) => {
  t.diagnostic(`CLAVIGER_TEST_SEED=${seed}`);
  const { server, alice, others } = world;
  let round = 0;
  const property = fc.asyncProperty(serverAnswers, async (answers) => {
    // Shrinking goes over the same servers again.
    const other = others[round++ % others.length] ?? assert.fail("there are others");
    answerSo(other, answers);
    const held = await server.longestTurn(async () => {
      await claim(alice, other);
      await query(alice, other);
      // From now on its list is kept, and fetched at once; and the message goes out.
      const { status } = await alice.send("m.test", `${round}`, { [other.userId("mallory")]: { PHONE: { round } } });
      assert.equal(status, 200);
      await query(alice, other);
      await claim(alice, other);
      const signed = await ask(other, server.url, "GET", `/query/profile?user_id=${alice.userId}`);
      assert.ok(signed.status === 200 || signed.status === 401, `${signed.status}`);
      const notarized = await fetch(`${server.url}/_matrix/key/v2/query/${other.name}`);
      assert.ok(notarized.status === 200 || notarized.status === 404, `${notarized.status}`);
      await query(alice, other);
    });
    assert.ok(held < server.longestAllowed, `held the event loop for ${held} ms`);
  });
  await fc.assert(property, { seed, numRuns: runs });
  const heard = Object.fromEntries(
    (["keys", "claim", "query", "devices", "send"] as const).map((route) => {
      const count = others.reduce((sum, other) => sum + other.heardOn(route).length, 0);
      return [route, count];
    }),
  );
  for (const [route, count] of Object.entries(heard)) assert.ok(count >= runs / 4, `${route}: ${count}`);
  t.diagnostic(JSON.stringify(heard));
});
