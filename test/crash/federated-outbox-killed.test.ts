import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { sendNumber, upTo } from "../federation/following-client.ts";
import { seed, seedNote, times } from "../races/effort.ts";
import { federating, playServers } from "../races/federated-house.ts";
import { below } from "../races/key-requests.ts";
import { isUnanswered, KillableServer, pickRunning } from "../races/killable-server.ts";
import { type Deployment, killedDeployments, sqlite } from "../races/race-engines.ts";
import { phones } from "../races/seeded-server.ts";
import { Client } from "../support/client.ts";
import { HeardByServer, taken } from "./heard-by-server.ts";
import { seededNumbers } from "./seeded-numbers.ts";

/** Servers that have messages for a played one, of which the first has the lease to send, for it was first. */
async function openKillable(t: TestContext, deployment: Deployment) {
  t.diagnostic(seedNote);
  const random = seededNumbers(seed);
  const { played, servers: others } = await playServers(t, "one");
  const servers = await KillableServer.createSeveral(t, deployment, phones("sender", 4));
  const { config, accounts } = (servers[0] as KillableServer).files;
  Object.assign(config, federating(played));
  const senders = accounts.map((account) => new Client(() => pickRunning(random, servers).url, account));
  const heard = new HeardByServer(others[0]);
  const recipient = { userId: others[0].userId("mallory"), deviceId: "PHONE" };
  return { random, servers, senders, heard, recipient };
}

/** Sends a message again until it is answered, as clients do. */
async function sendSurely(from: Client, to: { userId: string; deviceId: string }, number: number): Promise<void> {
  for (;;) {
    try {
      return await sendNumber(from, to, number);
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      await pause(20);
    }
  }
}

for (const deployment of killedDeployments) {
  test(`S3, E4: the sender of messages to another server is killed: no transaction has two bodies, every message arrives once, in order (${deployment.name})`, {
    timeout: 170_000,
  }, async (t) => {
    const { random, servers, senders, heard, recipient } = await openKillable(t, deployment);
    // On PostgreSQL the lease of a dead process ends seconds later.
    const rounds = (deployment.engine === sqlite ? 2 : 1) * times;
    let [sender, other] = servers as [KillableServer, KillableServer | undefined];
    // One that is started later finds the lease taken.
    await sender.start();
    let count = 0;
    for (let round = 0; round < rounds; round++) {
      // Nothing is taken before a good part waits.
      const enough = Promise.withResolvers<void>();
      const unlucky = heard.count + 2 + below(random, 3);
      let dying: Promise<string> | undefined;
      heard.onNew = async (now) => {
        await enough.promise;
        if (dying === undefined && now >= unlucky) {
          // Between sending and recording: before the answer, or with it.
          dying = sender.kill();
          heard.look();
          if (random() < 0.7) await dying;
        }
        return taken;
      };
      const goal = count + 75;
      let sent = 0;
      const sendAll = async (client: Client) => {
        for (let number = count; number < goal; number++) {
          await sendSurely(client, recipient, number);
          if (++sent === 200) enough.resolve();
        }
      };
      const restart = async () => {
        await heard.until(() => dying !== undefined);
        assert.equal(await dying, "", "nothing was worth a warning");
        // Where another server runs, it takes over.
        if (other === undefined) await sender.start();
      };
      if (other !== undefined && !other.isRunning) await other.start();
      await Promise.all([...senders.map(sendAll), restart()]);
      count = goal;
      await heard.until(() => senders.every((client) => heard.numbersOf(client).length >= count));
      for (const client of senders) assert.deepEqual(heard.numbersOf(client), upTo(count), `round ${round}`);
      if (other !== undefined) [sender, other] = [other, sender];
    }
    t.diagnostic(
      `${senders.length * count} messages in ${heard.count} transactions, ${heard.tries - heard.count} of them again`,
    );
  });
}
