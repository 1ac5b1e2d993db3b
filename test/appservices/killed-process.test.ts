import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { OlmDevice } from "../../examples/olm-device.ts";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { claimKeys, distinct } from "../olm-machine/claim-key.ts";
import { clientOf, publishKeys, receiveMessages, sendMessage } from "../olm-machine/connect-device.ts";
import { seed, seedNote } from "../races/effort.ts";
import { KillableServer } from "../races/killable-server.ts";
import { postgres } from "../races/race-engines.ts";
import { afterTest } from "../support/after-test.ts";
import { startTestAppservice } from "../support/appservices/test-appservice.ts";
import { anyServerUrl, fetchFromAny } from "./any-server.ts";
import { Bridge } from "./bridge.ts";
import type { Ghost } from "./ghost.ts";

/** Two processes on one PostgreSQL; the requests of the bridge and of a client go to either, at random. */
async function startHouse(t: TestContext) {
  t.diagnostic(seedNote);
  const appservice = await startTestAppservice({ encrypts: true, receivesEphemeral: true, managesDevices: true });
  afterTest(t, () => appservice.close());
  const servers = await KillableServer.createSeveral(t, { engine: postgres, servers: 2 }, ["alice PHONE"]);
  const [one, other] = servers as [KillableServer, KillableServer];
  one.files.config["appservices"] = [appservice.registrationFile];
  // The first one alone makes the schema, and the user of the bridge itself.
  await one.start();
  await other.start();
  const fetcher = fetchFromAny(servers, seededNumbers(seed));
  const bridge = new Bridge({ appservice, url: anyServerUrl, fetcher });
  const [account] = one.files.accounts;
  const alice = await publishKeys(await OlmDevice.create(clientOf(anyServerUrl, account!, fetcher)));
  return { one, other, bridge, alice };
}

/** A client writes to each ghost, which answers: `halfway` is called in the middle. */
async function converse(alice: OlmDevice, ghosts: readonly Ghost[], round: string, halfway: () => void): Promise<void> {
  for (const [index, ghost] of ghosts.entries()) {
    if (index === ghosts.length / 2) halfway();
    await sendMessage(alice, ghost.device, `${round} to ${index}`);
    await ghost.write(alice, `${round} from ${index}`);
  }
}

/** Resolves when what a ghost was told last is what the server counts, with the keys that it has uploaded since. */
function untilToldRightly(bridge: Bridge, ghost: Ghost): Promise<void> {
  const { userId, deviceId } = ghost;
  return bridge.untilSo(async () => {
    const { body } = await bridge.request("POST", "/keys/upload", { userId, deviceId, body: {} });
    return ghost.keyCount! >= 50 && body.one_time_key_counts.signed_curve25519 === ghost.keyCount;
  });
}

test("C8, S3: one of two processes is killed, and then the other: all that the bridge and a client are sent arrives once", async (t) => {
  const { one, other, bridge, alice } = await startHouse(t);
  const ghosts = await bridge.addGhosts(Array.from({ length: 8 }, (_, index) => `ghost${index}`));
  const rounds = ["first", "second", "third", "fourth"];
  const received: string[] = [];
  const untilRound = async (count: number) => {
    for (const ghost of ghosts) await bridge.untilHeard(ghost, count);
    received.push(...(await receiveMessages(alice)));
  };

  await converse(alice, ghosts, "first", () => undefined);
  await untilRound(1);
  let killed: Promise<unknown> = Promise.resolve();
  await converse(alice, ghosts, "second", () => {
    killed = one.kill();
  });
  await killed;
  await untilRound(2);
  await one.start();
  const claims = ghosts.map((ghost) => claimKeys(alice.client, ghost.device.client.account, 10));
  await converse(alice, ghosts, "third", () => {
    killed = other.kill();
  });
  await killed;
  for (const claimed of await Promise.all(claims)) assert.equal(distinct(claimed), 10, "C1");
  await untilRound(3);
  await converse(alice, ghosts, "fourth", () => undefined);
  await untilRound(4);
  for (const ghost of ghosts) await untilToldRightly(bridge, ghost);

  for (const [index, { bodies }] of ghosts.entries()) {
    assert.deepEqual(
      bodies,
      rounds.map((round) => `${round} to ${index}`),
    );
  }
  const answers = rounds.flatMap((round) => ghosts.map((_, index) => `${round} from ${index}`));
  assert.deepEqual(received, answers);
});
