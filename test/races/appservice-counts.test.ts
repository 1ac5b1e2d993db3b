import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { listFeedStates } from "../../src/domain/appservice-feed/list-feed-states.ts";
import { Appservices } from "../../src/domain/appservices/appservices.ts";
import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import { findKeyCounts, type KeyCounts } from "../../src/domain/one-time-keys/tell-counts.ts";
import type { ServerName } from "../../src/protocol/identifiers/server-name.ts";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { afterTest } from "../support/after-test.ts";
import { startTestAppservice, type TestAppservice } from "../support/appservices/test-appservice.ts";
import type { Client } from "../support/client.ts";
import { seed, times } from "./effort.ts";
import { below, pick, type Random } from "./key-requests.ts";
import { type Deployment, deployments } from "./race-engines.ts";
import { openPlace, openSeededServers, phones } from "./seeded-server.ts";

const algorithm = "signed_curve25519";
const ghosts = phones("bridge_ghost", 4);

type Told = Map<string, KeyCounts>;

/** The counts that the appservice was told last of each device. */
function toldBy(appservice: TestAppservice): Told {
  const told: Told = new Map();
  for (const { body } of appservice.transactions) {
    const counts: Record<string, Record<string, KeyCounts["oneTimeKeys"]>> = body.device_one_time_keys_count ?? {};
    for (const [userId, devices] of Object.entries(counts)) {
      for (const [deviceId, oneTimeKeys] of Object.entries(devices)) {
        const unusedFallbackKeys = body.device_unused_fallback_key_types[userId][deviceId];
        told.set(`${userId} ${deviceId}`, { oneTimeKeys, unusedFallbackKeys });
      }
    }
  }
  return told;
}

/** One of a crowd: claims keys of some ghosts, in any order, or brings new ones for one. */
async function act(random: Random, number: number, owners: readonly Client[], claimers: readonly Client[]) {
  if (random() < 0.15) {
    const owner = pick(random, owners);
    const fallback = random() < 0.3 && { fallback_keys: owner.keys.fallbackKey(`F${number}`) };
    const one_time_keys = owner.keys.oneTimeKeys(below(random, 6), `K${number}x`);
    assert.equal((await owner.upload({ one_time_keys, ...fallback })).status, 200);
    return;
  }
  const wanted: Record<string, Record<string, string>> = {};
  for (let device = below(random, 3); device >= 0; device--) {
    const { userId, deviceId } = pick(random, owners);
    wanted[userId] = { [deviceId]: algorithm };
  }
  const { status } = await pick(random, claimers).post("/keys/claim", { one_time_keys: wanted });
  assert.equal(status, 200);
}

async function openCounting(t: TestContext, deployment: Deployment) {
  const appservice = await startTestAppservice({ encrypts: true, answersClaims: false, answersQueries: false });
  afterTest(t, () => appservice.close());
  const { clients, place } = await openSeededServers(t, deployment, [...ghosts, ...phones("claimer", 24)], {
    appservices: [appservice.registrationFile],
  });
  const database = await openPlace(place, "", "command");
  afterTest(t, () => database.close());
  const appservices = new Appservices([appservice.registration], "localhost" as ServerName);
  const isAtRest = async () => {
    const [state] = await listFeedStates({ ...database, appservices });
    return state?.waiting === 0 && !state.transactionPending;
  };
  const realCounts = ({ userId, deviceId }: Client) =>
    database.snapshots.read((stores) => findKeyCounts(stores, { userId, deviceId } as DeviceOwner));
  return {
    appservice,
    owners: clients.slice(0, ghosts.length),
    claimers: clients.slice(ghosts.length),
    isAtRest,
    realCounts,
  };
}

for (const deployment of deployments) {
  test(`C8: claims and uploads among transactions: what was told last of each device is so (${deployment.name})`, async (t) => {
    const { appservice, owners, claimers, isAtRest, realCounts } = await openCounting(t, deployment);
    const random = seededNumbers(seed);
    for (const owner of owners) {
      const keys = { one_time_keys: owner.keys.oneTimeKeys(20, "FIRST"), fallback_keys: owner.keys.fallbackKey() };
      assert.equal((await owner.upload({ device_keys: owner.keys.deviceKeys(), ...keys })).status, 200);
    }
    for (let round = 0; round < 10 * times; round++) {
      let acts = 100;
      const actAgain = async () => {
        while (acts-- > 0) await act(random, 100 * round + acts, owners, claimers);
      };
      await Promise.all(Array.from({ length: 16 }, actAgain));
      while (!(await isAtRest())) await new Promise((resolve) => setTimeout(resolve, 5));
      const told = toldBy(appservice);
      for (const owner of owners) {
        assert.deepEqual(told.get(`${owner.userId} ${owner.deviceId}`), await realCounts(owner), `round ${round}`);
      }
    }
    t.diagnostic(`${appservice.transactions.length} transactions`);
  });
}
