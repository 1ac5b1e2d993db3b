import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../support/client.ts";
import { deployments } from "./race-engines.ts";
import { phones, seededServers } from "./seeded-server.ts";

/** Every claimer claims as fast as it is answered, until all together have made `count` claims. */
async function claimAtOnce(claimers: readonly Client[], count: number, { userId, deviceId }: Client) {
  const given: ([string, { key: string }] | undefined)[][] = claimers.map(() => []);
  let left = count;
  const claimAll = async (claimer: Client, index: number) => {
    while (left-- > 0) given[index]?.push(await claimer.claim(userId, deviceId));
  };
  await Promise.all(claimers.map(claimAll));
  return given;
}

for (const deployment of deployments) {
  test(`C1, C3: 300 claims by 64 claimers at once give 200 keys once each, and then the fallback key (${deployment.name})`, async (t) => {
    const [alice, ...claimers] = await seededServers(t, deployment, ["alice PHONE", ...phones("claimer", 64)]);
    const pool = alice.keys.oneTimeKeys(200);
    const fallback = alice.keys.fallbackKey();
    await alice.upload({ device_keys: alice.keys.deviceKeys(), one_time_keys: pool, fallback_keys: fallback });
    const given = (await claimAtOnce(claimers, 300, alice)).flat();
    assert.equal(given.length, 300);
    const [fallbackId = ""] = Object.keys(fallback);
    const oneTimeKeys = given.filter((key) => key?.[0] !== fallbackId);
    assert.equal(oneTimeKeys.length, 200);
    assert.deepEqual(Object.fromEntries(oneTimeKeys as [string, unknown][]), pool);
    for (const key of given.filter((key) => key?.[0] === fallbackId))
      assert.deepEqual(key, [fallbackId, fallback[fallbackId]]);
    const { device_one_time_keys_count: counts, device_unused_fallback_key_types: unused } = await alice.sync();
    assert.deepEqual([counts, unused], [{ signed_curve25519: 0 }, []]);
  });

  test(`C1, C4: claims of several devices at once, in every order, give each key once (${deployment.name})`, async (t) => {
    const owners = ["alice PHONE", "alice LAPTOP", "bob PHONE"];
    const clients = await seededServers(t, deployment, [...owners, ...phones("claimer", 32)]);
    const [devices, claimers] = [clients.slice(0, 3), clients.slice(3)];
    for (const device of devices) await device.upload({ one_time_keys: device.keys.oneTimeKeys(60) });
    const given: string[] = [];
    const nothing = devices.map(() => 0);
    const claimAll = async (claimer: Client, index: number) => {
      const order = index % 2 === 0 ? devices : [...devices].reverse();
      const body: Record<string, Record<string, string>> = {};
      for (const { userId, deviceId } of order) body[userId] = { ...body[userId], [deviceId]: "signed_curve25519" };
      for (let claim = 0; claim < 3; claim++) {
        const { body: answer, status } = await claimer.post("/keys/claim", { one_time_keys: body });
        assert.equal(status, 200);
        for (const [which, { userId, deviceId }] of devices.entries()) {
          const [key] = Object.values(answer.one_time_keys[userId][deviceId]) as { key: string }[];
          if (key) given.push(key.key);
          else nothing[which]! += 1;
        }
      }
    };
    await Promise.all(claimers.map(claimAll));
    assert.equal(given.length, 180);
    assert.equal(new Set(given).size, 180);
    assert.deepEqual(nothing, [36, 36, 36]);
  });

  test(`C1, C2, K10: uploads and claims at once lose no key, give none twice, and each claimer sees uploads in order (${deployment.name})`, async (t) => {
    const [alice, ...claimers] = await seededServers(t, deployment, ["alice PHONE", ...phones("claimer", 32)]);
    const uploads = Array.from({ length: 30 }, (_, index) => alice.keys.oneTimeKeys(5, `U${index}x`));
    const uploadAll = async () => {
      for (const keys of uploads) {
        const { status, body } = await alice.upload({ one_time_keys: keys });
        assert.equal(status, 200);
        assert.ok(body.one_time_key_counts.signed_curve25519 <= 150);
      }
    };
    const [given] = await Promise.all([claimAtOnce(claimers, 400, alice), uploadAll()]);
    const ids = given.flatMap((ofClaimer) => ofClaimer.flatMap((key) => key?.[0] ?? []));
    assert.equal(new Set(ids).size, ids.length);
    const all: Record<string, unknown> = Object.assign({}, ...uploads);
    for (const key of given.flat()) assert.deepEqual(key?.[1], key && all[key[0]]);
    for (const ofClaimer of given) {
      const order = ofClaimer.flatMap((key) => (key ? Number(/:U(\d+)x/.exec(key[0])?.[1]) : []));
      assert.deepEqual(
        order,
        [...order].sort((one, other) => one - other),
      );
    }
    const { body } = await alice.upload({});
    assert.equal(body.one_time_key_counts.signed_curve25519, 150 - ids.length);
  });
}
