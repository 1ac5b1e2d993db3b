import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer, Client } from "../support/client.ts";
import { deployments } from "./race-engines.ts";
import { phones, seededServers } from "./seeded-server.ts";

const duplicate = "io.github.johennes.msc4420.M_DUPLICATE_ONE_TIME_KEY";

/** A key of a pool that must not be empty. */
async function claimFull(claimer: Client, { userId, deviceId }: Client): Promise<[string, { key: string }]> {
  const key = await claimer.claim(userId, deviceId);
  if (!key) throw new Error(`C1: the pool of ${userId} has lost a key`);
  return key;
}

function statusesOf(answers: readonly Answer[]): number[] {
  return answers.map(({ status }) => status).sort();
}

for (const deployment of deployments) {
  test(`K3: the same upload 32 times at once: 200 each time, right counts, and each key is given once (${deployment.name})`, async (t) => {
    const [alice, bob] = await seededServers(t, deployment, ["alice PHONE", "bob PHONE"]);
    const body = {
      ...{ device_keys: alice.keys.deviceKeys(), one_time_keys: alice.keys.oneTimeKeys(50) },
      fallback_keys: alice.keys.fallbackKey(),
    };
    const answers = await Promise.all(Array.from({ length: 32 }, () => alice.upload(body)));
    for (const { status, body } of answers) {
      assert.deepEqual([status, body], [200, { one_time_key_counts: { signed_curve25519: 50 } }]);
    }
    const given = new Map<string, unknown>();
    for (let claim = 0; claim < 50; claim++) {
      const [id, key] = await claimFull(bob, alice);
      given.set(id, key);
    }
    assert.deepEqual(Object.fromEntries(given), body.one_time_keys);
    assert.deepEqual(await bob.claim(alice.userId, alice.deviceId), Object.entries(body.fallback_keys)[0]);
  });

  test(`K5: an upload that is repeated while its keys are claimed brings none of them back (${deployment.name})`, async (t) => {
    const [alice, ...claimers] = await seededServers(t, deployment, ["alice PHONE", ...phones("claimer", 32)]);
    const keys = alice.keys.oneTimeKeys(60);
    await alice.upload({ one_time_keys: keys });
    const given: string[] = [];
    let claims = 0;
    const claimAll = claimers.map(async (claimer) => {
      while (claims++ < 200) {
        const key = await claimer.claim(alice.userId, alice.deviceId);
        if (key) given.push(key[1].key);
      }
    });
    const renamed = Object.fromEntries(Object.entries(keys).map(([id, key]) => [`${id}again`, key]));
    const repeatAll = Array.from({ length: 8 }, async (_, index) => {
      do {
        const { status } = await alice.upload({ one_time_keys: index % 2 === 0 ? keys : renamed });
        assert.equal(status, 200);
      } while (claims < 200);
    });
    await Promise.all([...claimAll, ...repeatAll]);
    assert.equal(given.length, 60);
    assert.equal(new Set(given).size, 60);
    const { body } = await alice.upload({ one_time_keys: keys });
    assert.deepEqual(body, { one_time_key_counts: { signed_curve25519: 0 } });
  });

  test(`K4, K1: of uploads at once with one id and different keys exactly one wins, and nothing of the others stays (${deployment.name})`, async (t) => {
    const [alice, bob] = await seededServers(t, deployment, ["alice PHONE", "bob PHONE"]);
    for (let round = 0; round < 30; round++) {
      // Each brings a key of its own too, before or after the one that clashes.
      const bodies = Array.from({ length: 2 + (round % 3) }, (_, which) => {
        const own = alice.keys.oneTimeKeys(1, `own${round}x${which}x`);
        const clashing = { [`signed_curve25519:clash${round}`]: alice.keys.oneTimeKey() };
        return { one_time_keys: round % 2 === 0 ? { ...own, ...clashing } : { ...clashing, ...own } };
      });
      const answers = await Promise.all(bodies.map((body) => alice.upload(body)));
      assert.deepEqual(statusesOf(answers), [200, ...bodies.slice(1).map(() => 400)]);
      for (const { status, body } of answers) {
        if (status === 200) continue;
        assert.equal(body.errcode, duplicate);
        assert.deepEqual(body["io.claviger.conflicts"], [`signed_curve25519:clash${round}`]);
      }
      const winner = bodies[answers.findIndex(({ status }) => status === 200)];
      const given = [await claimFull(bob, alice), await claimFull(bob, alice)];
      assert.deepEqual(Object.fromEntries(given), winner?.one_time_keys);
      assert.equal(await bob.claim(alice.userId, alice.deviceId), undefined);
    }
  });

  test(`K6: uploads at once never fill a pool beyond its limit, and each is stored whole or not at all (${deployment.name})`, async (t) => {
    const [alice] = await seededServers(t, deployment, ["alice PHONE"], { keys: { max_one_time_keys: 55 } });
    const bodies = Array.from({ length: 16 }, (_, which) => ({
      one_time_keys: alice.keys.oneTimeKeys(10, `u${which}x`),
    }));
    const answers = await Promise.all(bodies.map((body) => alice.upload(body)));
    assert.deepEqual(statusesOf(answers), [...Array(5).fill(200), ...Array(11).fill(400)]);
    for (const { status, body } of answers) if (status !== 200) assert.equal(body.errcode, "M_TOO_LARGE");
    assert.equal((await alice.upload({})).body.one_time_key_counts.signed_curve25519, 50);
    // What was stored counts as known; what was refused does not.
    for (const [index, { status }] of answers.entries())
      assert.equal((await alice.upload(bodies[index])).status, status);
  });

  test(`K9: a new identity beside uploads and claims leaves a pool that is wholly old or wholly new (${deployment.name})`, async (t) => {
    const [alice, ...claimers] = await seededServers(t, deployment, ["alice PHONE", ...phones("claimer", 8)]);
    for (let round = 0; round < 10; round++) {
      const before = alice.keys.oneTimeKeys(10, `before${round}x`);
      await alice.upload({ device_keys: { ...alice.keys.deviceKeys() }, one_time_keys: before });
      const next = { ...alice.keys.deviceKeys() };
      const keys = {
        [`curve25519:${alice.deviceId}`]: `other ${round}`,
        [`ed25519:${alice.deviceId}`]: `other ${round}`,
      };
      const after = alice.keys.oneTimeKeys(10, `after${round}x`);
      const replace = alice.upload({ device_keys: { ...next, keys }, one_time_keys: after });
      const given = await Promise.all(claimers.map((claimer) => claimFull(claimer, alice)));
      assert.equal((await replace).status, 200);
      const ids = given.map(([id]) => id);
      assert.equal(new Set(ids).size, ids.length);
      const taken = ids.filter((id) => id in after).length;
      const { body } = await alice.upload({});
      assert.equal(body.one_time_key_counts.signed_curve25519, 10 - taken);
      for (let left = 10 - taken; left > 0; left--) await claimFull(alice, alice);
    }
  });
}
