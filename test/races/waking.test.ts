import assert from "node:assert/strict";
import { test } from "node:test";
import type { SyncAnswer } from "../../src/domain/sync/sync.ts";
import type { SyncToken } from "../../src/protocol/sync-token.ts";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { execute } from "../support/postgres/databases.ts";
import { seed, seedNote, times } from "./effort.ts";
import { below, pick } from "./key-requests.ts";
import { askClaim, askUpload } from "./key-use-cases.ts";
import { askSync, type Crashable, deviceOf, openCrashables } from "./open-crashable.ts";
import { deployments, postgres, severalServers } from "./race-engines.ts";

function upload(round: number) {
  const keys = Array.from({ length: 5 }, (_, index) => [
    `signed_curve25519:${round}x${index}`,
    { key: `key ${round}x${index}`, signatures: {} },
  ]);
  const fallback = { [`signed_curve25519:F${round}`]: { key: `fallback ${round}`, signatures: {}, fallback: true } };
  return {
    ...{ deviceKeys: undefined, oneTimeKeys: Object.fromEntries(keys) },
    fallbackKeys: { fallback_keys: fallback },
  };
}

const alice = deviceOf("alice");
const optionsOf = ({ store, clock }: Crashable) => ({ database: store.database, clock, slowness: 0 });

/** A client that syncs, and waits until it is woken: no time-out ends its waits. */
class WaitingClient {
  #since: SyncToken | undefined;

  /** Syncs until an answer is as `wanted`; each time at the process that `choose` gives. */
  async until(wanted: (answer: SyncAnswer) => boolean, choose: () => Crashable): Promise<void> {
    for (;;) {
      const { store, notifier, clock } = choose();
      const { unitOfWork, snapshots } = store.database;
      const answer = await askSync({ unitOfWork, snapshots, notifier, clock }, alice, this.#since, 1);
      this.#since = answer.nextBatch;
      if (wanted(answer)) return;
    }
  }
}

const hasCounts = (count: number, unused: number) => (answer: SyncAnswer) => {
  const { oneTimeKeys, unusedFallbackKeys } = answer.device?.counts ?? assert.fail("S1: no counts");
  return oneTimeKeys["signed_curve25519"] === count && unusedFallbackKeys.length === unused;
};

for (const deployment of deployments) {
  const rounds = deployment.engine === postgres ? 15 : 150;
  test(`C8, S1: a sync that begins beside a claim never sleeps through it, nor through the fallback key's first use (${deployment.name})`, async (t) => {
    t.diagnostic(seedNote);
    const random = seededNumbers(seed);
    const processes = await openCrashables(t, deployment);
    const any = () => pick(random, processes);
    const client = new WaitingClient();
    await any().store.addDevices(alice);
    for (let round = 0; round < rounds * times; round++) {
      assert.equal(await askUpload(optionsOf(any()), alice, upload(round)), `200 {"signed_curve25519":5}`);
      await client.until(hasCounts(5, 1), any);
      for (let left = 4; left >= -1; left--) {
        const [before, between] = [below(random, 5), below(random, 5)];
        const { store } = any();
        const claimed = optionsOf(any());
        const claiming = store.steps(before).then(() => askClaim(claimed, [alice], "signed_curve25519"));
        await store.steps(between);
        const told = client.until(hasCounts(Math.max(left, 0), left < 0 ? 0 : 1), any);
        const [[answer]] = await Promise.all([claiming, told]);
        assert.notEqual(answer, "nothing");
      }
    }
  });
}

const contentOf = (number: number) => `{"number":${number}}`;

const hasMessage = (number: number) => (answer: SyncAnswer) =>
  answer.device?.toDevice.some(({ content }) => content === contentOf(number)) ?? false;

/** Ends the connections on which processes hear of each other's changes. */
async function deafen({ place }: Crashable): Promise<void> {
  assert.ok(place.engine === "postgres");
  const listening = "application_name = 'claviger listening' AND datname = current_database()";
  await execute(place.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${listening}`);
}

function deliver({ store }: Crashable, number: number): Promise<void> {
  const message = { sender: deviceOf("bob").userId, type: "m.test", content: contentOf(number) };
  return store.database.unitOfWork.run("everything", async ({ toDevice }, commit) => {
    await toDevice.deliver(alice, message);
    commit.wake(alice.userId);
  });
}

for (const deployment of severalServers) {
  test(`S3, S5, C8: a sync that waits at one server is woken by a message and by a claim at another, also when the wake is lost (${deployment.name})`, async (t) => {
    t.diagnostic(seedNote);
    const random = seededNumbers(seed);
    const processes = await openCrashables(t, deployment);
    const client = new WaitingClient();
    const [first] = processes as [Crashable];
    await first.store.addDevices(alice, deviceOf("bob"));
    await askUpload(optionsOf(first), alice, upload(0));
    await client.until(hasCounts(5, 1), () => first);
    let left = 5;
    // Each loss with a message and with a claim.
    for (let round = 0; round < 6 * times; round++) {
      const waits = pick(random, processes);
      const changes = pick(
        random,
        processes.filter((process) => process !== waits),
      );
      const claims = left > 0 && round % 2 === 1;
      const wanted = claims ? hasCounts(--left, 1) : hasMessage(round);
      const told = client.until(wanted, () => waits);
      await waits.store.steps(below(random, 8));
      const loss = ["none", "deaf listener", "dead sender"][round % 3];
      if (loss === "deaf listener") await deafen(waits);
      if (claims) await askClaim(optionsOf(changes), [alice], "signed_curve25519");
      else await deliver(changes, round);
      // After its commit, before it has told of it.
      if (loss === "dead sender") await changes.store.crash();
      await told;
    }
  });
}
