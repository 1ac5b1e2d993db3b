import assert from "node:assert/strict";
import { test } from "node:test";
import { seed, seedNote, times } from "../races/effort.ts";
import { pick } from "../races/key-requests.ts";
import { turns } from "../races/key-use-cases.ts";
import { isUnanswered, KillableServer, pickRunning, startMissing } from "../races/killable-server.ts";
import { killedDeployments, postgres } from "../races/race-engines.ts";
import { Client } from "../support/client.ts";
import { seededNumbers } from "./seeded-numbers.ts";

/** What is asked of a server that dies meanwhile is asked again. */
async function letGo(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isUnanswered(error)) throw error;
  });
}

/** Sends and receives at servers of which one dies at a time. */
class Inbox {
  readonly received: number[] = [];
  /** The number of the next message. */
  next = 0;
  readonly #alice: Client;
  readonly #bob: Client;
  #since: string | undefined;

  constructor(alice: Client, bob: Client) {
    this.#alice = alice;
    this.#bob = bob;
  }

  async readOnce(): Promise<void> {
    const answer = await this.#bob.sync(this.#since, 1000);
    this.#since = answer.next_batch;
    for (const { content } of answer.to_device?.events ?? []) this.received.push(content.number);
  }

  /** What was not answered is sent again, under the same transaction id. */
  async send(): Promise<void> {
    const content = { number: this.next, key: "x".repeat(500) };
    const messages = { [this.#bob.userId]: { "*": content } };
    const { status, body } = await this.#alice.send("m.room.encrypted", `txn${this.next}`, messages);
    assert.equal(status, 200, JSON.stringify(body));
    this.next++;
  }
}

for (const deployment of killedDeployments) {
  const rounds = (deployment.engine === postgres ? 4 : 8) * times;
  test(`S3, E4: SIGKILL among sends and syncs: everything arrives once and in order (${deployment.name})`, {
    timeout: rounds * 60_000,
  }, async (t) => {
    t.diagnostic(seedNote);
    const random = seededNumbers(seed);
    const servers = await KillableServer.createSeveral(t, deployment, ["alice PHONE", "bob PHONE"]);
    const { accounts } = (servers[0] as KillableServer).files;
    const anyUrl = () => pickRunning(random, servers).url;
    const [alice, bob] = accounts.map((account) => new Client(anyUrl, account)) as [Client, Client];
    const inbox = new Inbox(alice, bob);
    for (let round = 0; round < rounds; round++) {
      await startMissing(servers);
      let over = false;
      const sendAll = async () => {
        while (!over) await letGo(inbox.send());
      };
      const receive = async () => {
        for (let left = 1 + Math.floor(random() * 40); left > 0; left--) await inbox.readOnce();
        // In the middle of the next sync, which acknowledges what the last one gave.
        const asked = inbox.readOnce();
        for (let turn = Math.floor(random() * 12); turn > 0; turn--) await turns(1);
        const killing = pick(random, servers).kill();
        await letGo(asked);
        // The others go on.
        if (servers.length > 1) for (let left = 10; left > 0; left--) await inbox.readOnce();
        over = true;
        await killing;
      };
      await Promise.all([sendAll(), receive()]);
    }
    await startMissing(servers);
    await inbox.send();
    while (inbox.received.at(-1) !== inbox.next - 1) await inbox.readOnce();
    assert.deepEqual(
      inbox.received,
      Array.from({ length: inbox.next }, (_, number) => number),
    );
    t.diagnostic(`${rounds} rounds, ${inbox.next} messages`);
  });
}
