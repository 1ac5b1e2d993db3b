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
import { shareRoom } from "../support/share-room.ts";
import { HeardTransactions, upTo } from "./heard-transactions.ts";
import { seededNumbers } from "./seeded-numbers.ts";

/** Events of one sender in one round. */
const inRound = 40;

/** Servers of an appservice that hears of events, and clients that go to any of them that runs. */
async function openKillable(t: TestContext, deployment: Deployment) {
  t.diagnostic(seedNote);
  const random = seededNumbers(seed);
  const appservice = await startTestAppservice();
  afterTest(t, () => appservice.close());
  const servers = await KillableServer.createSeveral(t, deployment, [
    ...phones("bridge_ghost", 1),
    ...phones("sender", 4),
  ]);
  const { config, accounts } = (servers[0] as KillableServer).files;
  Object.assign(config, { appservices: [appservice.registrationFile] });
  const clients = accounts.map((account) => new Client(() => pickRunning(random, servers).url, account));
  const heard = new HeardTransactions(appservice, ({ events }) => events);
  return { random, servers, heard, ghost: clients[0] as Client, senders: clients.slice(1) };
}

/** Sends an event again until it is answered, under one transaction id, as clients do. */
async function saySurely(from: Client, roomId: string, number: number): Promise<void> {
  const path = `/rooms/${encodeURIComponent(roomId)}/send/m.test/${number}`;
  for (;;) {
    try {
      const { status, body } = await from.request("PUT", path, { number });
      assert.equal(status, 200, JSON.stringify(body));
      return;
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

for (const deployment of killedDeployments) {
  test(`R5: killed while events are told, a server tells them again under the same ids: each once, in order (${deployment.name})`, {
    timeout: 170_000,
  }, async (t) => {
    const { random, servers, heard, ghost, senders } = await openKillable(t, deployment);
    await startMissing(servers);
    const roomId = await shareRoom(ghost, ...senders);
    for (let round = 1; round <= 2 * times; round++) {
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
      const sayAll = async (sender: Client) => {
        for (let number = (round - 1) * inRound; number < round * inRound; number++) {
          await saySurely(sender, roomId, number);
        }
      };
      const restart = async () => {
        await heard.until(() => dying !== undefined);
        assert.equal(await dying, "", "nothing was worth a warning");
        if (servers.length === 1) await startMissing(servers);
      };
      await Promise.all([...senders.map(sayAll), restart()]);
      await heard.until(() => heard.messages >= senders.length * round * inRound);
      for (const sender of senders) assert.deepEqual(heard.numbersOf(sender), upTo(round * inRound), `round ${round}`);
    }
  });
}
