import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { seed, seedNote, times } from "../races/effort.ts";
import { below, pick } from "../races/key-requests.ts";
import { isUnanswered, KillableServer, pickRunning, startMissing } from "../races/killable-server.ts";
import { type Deployment, killedDeployments } from "../races/race-engines.ts";
import { phones } from "../races/seeded-server.ts";
import { afterTest } from "../support/after-test.ts";
import { startTestAppservice } from "../support/appservices/test-appservice.ts";
import { Client } from "../support/client.ts";
import { HeardTransactions, sendNumber, upTo } from "./heard-transactions.ts";
import { seededNumbers } from "./seeded-numbers.ts";

/** Servers of an appservice, and clients that go to any of them that runs. */
async function openKillable(t: TestContext, deployment: Deployment) {
  t.diagnostic(seedNote);
  const random = seededNumbers(seed);
  const appservice = await startTestAppservice({ encrypts: true });
  afterTest(t, () => appservice.close());
  const names = [...phones("bridge_ghost", 3), ...phones("sender", 4)];
  const servers = await KillableServer.createSeveral(t, deployment, names);
  const { config, accounts } = (servers[0] as KillableServer).files;
  Object.assign(config, { appservices: [appservice.registrationFile] });
  const clients = accounts.map((account) => new Client(() => pickRunning(random, servers).url, account));
  const heard = new HeardTransactions(appservice);
  return { random, appservice, servers, heard, ghosts: clients.slice(0, 3), senders: clients.slice(3) };
}

/** Sends a message again until it is answered, as clients do. */
async function sendSurely(from: Client, to: Client, number: number): Promise<void> {
  for (;;) {
    try {
      return await sendNumber(from, to, number);
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

for (const deployment of killedDeployments) {
  test(`S3: killed while a transaction is under way, a server sends it again under its id, and nothing is lost (${deployment.name})`, {
    timeout: 170_000,
  }, async (t) => {
    const { random, servers, heard, ghosts, senders } = await openKillable(t, deployment);
    const rounds = 2 * times;
    let longestSilence = 0;
    let count = 0;
    for (let round = 0; round < rounds; round++) {
      await startMissing(servers);
      const unlucky = heard.count + 1 + below(random, 6);
      let dying: Promise<string> | undefined;
      heard.onNew = async (now) => {
        if (dying === undefined && now >= unlucky) {
          // Between sending and recording: before the answer, or with it.
          dying = pick(random, servers).kill();
          if (random() < 0.7) await dying;
        }
        return {};
      };
      const goal = count + 60;
      const sendAll = async (sender: Client, index: number) => {
        for (let number = count; number < goal; number++) {
          await sendSurely(sender, ghosts[(number + index) % 3] as Client, number);
        }
      };
      const restart = async () => {
        await heard.until(() => dying !== undefined);
        assert.equal(await dying, "", "nothing was worth a warning");
        const [death, tries] = [performance.now(), heard.tries];
        // Where another server runs, it takes over.
        if (servers.length === 1) await startMissing(servers);
        await heard.until(() => heard.tries > tries);
        longestSilence = Math.max(longestSilence, performance.now() - death);
      };
      await Promise.all([...senders.map(sendAll), restart()]);
      count = goal;
      await heard.until(() => heard.messages >= senders.length * count);
      for (const sender of senders) assert.deepEqual(heard.numbersOf(sender), upTo(count), `round ${round}`);
    }
    t.diagnostic(
      `${rounds} kills, after which nothing came for up to ${Math.round(longestSilence)} ms; ${senders.length * count} messages in ${heard.count} transactions, ${heard.tries - heard.count} of them again`,
    );
  });
}
