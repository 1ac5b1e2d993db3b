import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { directToDevice, type PlayedServer } from "../federation/played-servers.ts";
import { seed, seedNote, times } from "../races/effort.ts";
import { federating, playServers, sendTransaction } from "../races/federated-house.ts";
import { below, pick } from "../races/key-requests.ts";
import { isUnanswered, KillableServer, pickRunning, startMissing } from "../races/killable-server.ts";
import { type Deployment, killedDeployments } from "../races/race-engines.ts";
import { Client } from "../support/client.ts";
import { upTo } from "./heard-transactions.ts";
import { seededNumbers } from "./seeded-numbers.ts";

/** As many EDUs as a transaction may have. */
const mostEdus = 100;

/** A message to each device of two users; its number says which it is. */
function message(from: PlayedServer, [alice, bob]: readonly Client[], number: number): object {
  const to = number % 2 === 0 ? alice : bob;
  return directToDevice(from.userId("mallory"), { userId: to?.userId ?? "", deviceId: "*" }, { number }, `m${number}`);
}

async function openKillable(t: TestContext, deployment: Deployment) {
  t.diagnostic(seedNote);
  const random = seededNumbers(seed);
  const { played, servers: others } = await playServers(t, "one");
  const servers = await KillableServer.createSeveral(t, deployment, ["alice PHONE", "bob PHONE"]);
  const { config, accounts } = (servers[0] as KillableServer).files;
  Object.assign(config, federating(played));
  const clients = accounts.map((account) => new Client(() => pickRunning(random, servers).url, account));
  return { random, servers, clients, one: others[0] };
}

/** The numbers of all messages that wait for a device; they are not acknowledged. */
async function numbersFor(client: Client): Promise<number[]> {
  const numbers: number[] = [];
  for (let since: string | undefined; ; ) {
    const answer = await client.sync(since);
    const { events } = answer.to_device;
    if (events.length === 0) return numbers;
    numbers.push(...events.map(({ content }: { content: { number: number } }) => content.number));
    since = answer.next_batch;
  }
}

for (const deployment of killedDeployments) {
  test(`S3, E4: SIGKILL while a transaction of another server is received: sent again, it is done once (${deployment.name})`, {
    timeout: 170_000,
  }, async (t) => {
    const { random, servers, clients, one } = await openKillable(t, deployment);
    const rounds = (deployment.servers > 1 ? 3 : 4) * times;
    const statuses: (number | undefined)[] = [];
    for (let round = 0; round < rounds; round++) {
      await startMissing(servers);
      const edus = upTo(mostEdus).map((index) => message(one, clients, round * mostEdus + index));
      const send = (server: KillableServer) => sendTransaction(one, server.url, `round${round}`, edus);
      const unlucky = pick(random, servers);
      const first = send(unlucky).catch((error: unknown) => {
        if (!isUnanswered(error)) throw error;
        return undefined;
      });
      // In the last round its answer is lost after all of it is committed; before, anywhere between none and all.
      const enough = round === rounds - 1 ? mostEdus : below(random, mostEdus);
      await untilReceived(enough);
      const log = await unlucky.kill();
      assert.equal(log, "", "nothing was worth a warning");
      statuses.push((await first)?.status);
      await startMissing(servers);
      // To another process, where there is one.
      const { status, body } = await send(pick(random, servers));
      assert.deepEqual([status, body], [200, { pdus: {} }]);
      const received = await Promise.all(clients.map(numbersFor));
      const expected = [0, 1].map((rest) => upTo(mostEdus).filter((number) => number % 2 === rest));
      assert.deepEqual(
        received,
        expected.map((ofRound) => ofRound.map((number) => round * mostEdus + number)),
        `round ${round}`,
      );

      async function untilReceived(count: number): Promise<void> {
        for (let received = 0; received < count; ) {
          // Something to do for the server that is about to die, and no acknowledgement.
          const answers = await Promise.all(clients.map((client) => client.sync()));
          received = answers.reduce((sum, { to_device: { events } }) => sum + events.length, 0);
        }
      }
    }
    t.diagnostic(`first answers: ${statuses.map((status) => status ?? "none").join(", ")}`);
  });
}
