import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { giving } from "../rules/keyed-bridge.ts";
import { afterTest } from "../support/after-test.ts";
import { startTestAppservice } from "../support/appservices/test-appservice.ts";
import type { Client } from "../support/client.ts";
import { type Deployment, deployments } from "./race-engines.ts";
import { phones, seededServers } from "./seeded-server.ts";

const names = ["bridge_a PHONE", "bridge_a TABLET", "bridge_b PHONE", ...phones("claimer", 32)] as const;

/** Three devices of a bridge, each with a fallback key, and claimers. The bridge hands out numbered keys. */
async function openBridge(t: TestContext, deployment: Deployment) {
  const bridge = await startTestAppservice();
  afterTest(t, () => bridge.close());
  const clients = await seededServers(t, deployment, names, { appservices: [bridge.registrationFile] });
  const [devices, claimers] = [clients.slice(0, 3), clients.slice(3)];
  for (const device of devices) await device.upload({ fallback_keys: device.keys.fallbackKey() });
  /** By the id of the key: the device that it was handed out for. */
  const handed = new Map<string, string>();
  /** A key for each that is asked, but for every `leaving`th. */
  const handOut = (leaving = Number.POSITIVE_INFINITY) => {
    let asked = 0;
    bridge.on.claim = giving((userId, deviceId, algorithm) => {
      if (++asked % leaving === 0) return undefined;
      const keyId = `${algorithm}:N${handed.size}`;
      handed.set(keyId, `${userId} ${deviceId}`);
      return { [keyId]: { key: `key ${handed.size}`, signatures: {} } };
    });
  };
  return { devices, claimers, handed, handOut };
}

interface Given {
  readonly device: string;
  /** `undefined`: the device had nothing. */
  readonly keyId: string | undefined;
}

/** All claimers claim a key of each device again and again, until they have done so `count` times together. */
async function claimAll(claimers: readonly Client[], devices: readonly Client[], count: number): Promise<Given[]> {
  const given: Given[] = [];
  let left = count;
  const claim = async (claimer: Client) => {
    while (left-- > 0) {
      const one_time_keys: Record<string, Record<string, string>> = {};
      for (const { userId, deviceId } of devices) {
        one_time_keys[userId] = { ...one_time_keys[userId], [deviceId]: "signed_curve25519" };
      }
      const { status, body } = await claimer.post("/keys/claim", { one_time_keys });
      assert.equal(status, 200);
      for (const { userId, deviceId } of devices) {
        given.push({ device: `${userId} ${deviceId}`, keyId: Object.keys(body.one_time_keys[userId][deviceId])[0] });
      }
    }
  };
  await Promise.all(claimers.map(claim));
  return given;
}

const isFallback = ({ keyId }: Given) => keyId === "signed_curve25519:FALL";

for (const deployment of deployments) {
  test(`C1, C6: of 200 claims of three devices at once no two get the same key of the appservice (${deployment.name})`, async (t) => {
    const { devices, claimers, handed, handOut } = await openBridge(t, deployment);
    handOut(7);
    const given = await claimAll(claimers, devices, 200);
    assert.equal(given.length, 600);
    const oneTime = given.filter((key) => !isFallback(key));
    assert.equal(new Set(oneTime.map(({ keyId }) => keyId)).size, oneTime.length);
    for (const { keyId = "", device } of oneTime) assert.equal(handed.get(keyId), device);
    assert.ok(oneTime.length > 0 && oneTime.length < 600, "some were left out, and filled with the fallback key");
  });

  test(`C1, C6, K10: with uploads in between each key is given once, from the pool or by the appservice (${deployment.name})`, async (t) => {
    const { devices, claimers, handed, handOut } = await openBridge(t, deployment);
    handOut(5);
    const uploaded = new Map<string, string>();
    const uploadAll = async (device: Client) => {
      for (let upload = 0; upload < 15; upload++) {
        const keys = device.keys.oneTimeKeys(5, `${device.userId.slice(8, 9)}${device.deviceId}${upload}x`);
        for (const keyId of Object.keys(keys)) uploaded.set(keyId, `${device.userId} ${device.deviceId}`);
        assert.equal((await device.upload({ one_time_keys: keys })).status, 200);
      }
    };
    const [given] = await Promise.all([claimAll(claimers, devices, 200), ...devices.map(uploadAll)]);
    const oneTime = given.filter((key) => !isFallback(key));
    assert.equal(new Set(oneTime.map(({ keyId }) => keyId)).size, oneTime.length);
    for (const { keyId = "", device } of oneTime) assert.equal(uploaded.get(keyId) ?? handed.get(keyId), device);
    for (const device of devices) {
      const ofDevice = oneTime.filter((key) => key.device === `${device.userId} ${device.deviceId}`);
      const fromPool = ofDevice.filter(({ keyId = "" }) => uploaded.has(keyId)).length;
      const { body } = await device.upload({});
      assert.equal(body.one_time_key_counts.signed_curve25519, 75 - fromPool);
    }
  });
}
