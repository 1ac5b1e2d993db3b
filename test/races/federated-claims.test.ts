import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import type { Answer, Client } from "../support/client.ts";
import { seed } from "./effort.ts";
import { ask, federating, playServers } from "./federated-house.ts";
import { type Deployment, deployments } from "./race-engines.ts";
import { openSeededServers, phones } from "./seeded-server.ts";

const algorithm = "signed_curve25519";
const owners = ["alice PHONE", "alice LAPTOP", "bob PHONE"] as const;

/** Sends a claim, in the name of a server or of a client. */
type Claim = (wanted: object) => Promise<Answer>;

/** Servers of one house, three devices of it, and who claims their keys: clients, and servers by whatever process. */
async function openHouse(t: TestContext, deployment: Deployment) {
  const { played, servers } = await playServers(t, "one", "two", "three");
  const names = [...owners, ...phones("claimer", 10)];
  const { clients, anyUrl } = await openSeededServers(t, deployment, names, federating(played));
  const claims: Claim[] = [
    ...servers.map((server) => (wanted: object) => ask(server, anyUrl(), "POST", "/user/keys/claim", wanted)),
    ...clients.slice(owners.length).map((client) => (wanted: object) => client.post("/keys/claim", wanted)),
  ];
  return { devices: clients.slice(0, owners.length), claims };
}

/** Claims one key of each of these devices: for each the id, or `undefined` for none. */
async function claimOfEach(claim: Claim, devices: readonly Client[]): Promise<Map<Client, string | undefined>> {
  const wanted: Record<string, Record<string, string>> = {};
  for (const { userId, deviceId } of devices) wanted[userId] = { ...wanted[userId], [deviceId]: algorithm };
  const { status, body } = await claim({ one_time_keys: wanted });
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(body.failures ?? {}, {});
  return new Map(devices.map((device) => [device, Object.keys(body.one_time_keys[device.userId][device.deviceId])[0]]));
}

/** The number of the upload that brought a key; the fallback key, and no key, come after all of them. */
function uploadOf(id: string | undefined): number {
  return Number(/:U(\d+)x/.exec(id ?? "")?.[1] ?? Number.POSITIVE_INFINITY);
}

function assertInOrder(ids: readonly (string | undefined)[]): void {
  const uploads = ids.map(uploadOf);
  assert.deepEqual(
    uploads,
    uploads.toSorted((one, other) => (one === other ? 0 : one - other)),
    "C2",
  );
}

for (const deployment of deployments) {
  test(`C1, C2, C3: of 200 claims at once by three servers and by clients each key goes to one, in the order of upload (${deployment.name})`, async (t) => {
    const { devices, claims } = await openHouse(t, deployment);
    const random = seededNumbers(seed);
    // Of each device less than the claims take, and the rest is the fallback key's.
    const batches = [6, 12, 19];
    for (const [index, device] of devices.entries()) {
      await device.upload({ device_keys: device.keys.deviceKeys(), fallback_keys: device.keys.fallbackKey() });
      for (let batch = 0; batch < (batches[index] as number); batch++) {
        assert.equal((await device.upload({ one_time_keys: device.keys.oneTimeKeys(10, `U${batch}x`) })).status, 200);
      }
    }
    const given = new Map(devices.map((device) => [device, [] as string[]]));
    // A claimer's second claim begins when its first was answered: what it gets then was not uploaded before that.
    const claimTwice = async (_: unknown, index: number) => {
      const claim = claims[index % claims.length] as Claim;
      const order = devices.toSorted(() => random() - 0.5);
      const answers = [await claimOfEach(claim, order), await claimOfEach(claim, order)];
      for (const device of devices) {
        const ids = answers.map((answer) => answer.get(device));
        assertInOrder(ids);
        for (const id of ids) given.get(device)?.push(id ?? assert.fail("C3: there is a fallback key"));
      }
    };
    await Promise.all(Array.from({ length: 100 }, claimTwice));
    for (const [index, device] of devices.entries()) {
      const ids = given.get(device) ?? [];
      const oneTimeKeys = ids.filter((id) => uploadOf(id) < Number.POSITIVE_INFINITY);
      assert.equal(ids.length, 200);
      assert.equal(oneTimeKeys.length, 10 * (batches[index] as number), "C3: the fallback key comes last");
      assert.equal(new Set(oneTimeKeys).size, oneTimeKeys.length, "C1");
      const { device_one_time_keys_count: counts, device_unused_fallback_key_types: unused } = await device.sync();
      assert.deepEqual([counts, unused], [{ [algorithm]: 0 }, []]);
    }
  });

  test(`C1, C2, K10: claims by servers and clients beside uploads lose no key and give none twice (${deployment.name})`, async (t) => {
    const { devices, claims } = await openHouse(t, deployment);
    const [alice] = devices as [Client];
    const uploads = Array.from({ length: 30 }, (_, index) => alice.keys.oneTimeKeys(5, `U${index}x`));
    const uploadAll = async () => {
      for (const keys of uploads) {
        // Each one twice, as after a lost answer.
        for (const { status } of [
          await alice.upload({ one_time_keys: keys }),
          await alice.upload({ one_time_keys: keys }),
        ])
          assert.equal(status, 200);
      }
    };
    const given: (string | undefined)[][] = [];
    const claimOften = async (_: unknown, index: number) => {
      const ids: (string | undefined)[] = [];
      for (let turn = 0; turn < 8; turn++) {
        ids.push((await claimOfEach(claims[index % claims.length] as Claim, [alice])).get(alice));
      }
      given.push(ids.filter((id) => id !== undefined));
    };
    await Promise.all([uploadAll(), ...Array.from({ length: 26 }, claimOften)]);
    for (const ids of given) assertInOrder(ids);
    const ids = given.flat();
    assert.equal(new Set(ids).size, ids.length, "C1");
    const { body } = await alice.upload({});
    assert.equal(body.one_time_key_counts[algorithm], 150 - ids.length, "K10");
  });
}
