import assert from "node:assert/strict";
import { test } from "node:test";
import { seed, seedNote, times } from "../races/effort.ts";
import { isUnanswered, KillableServer } from "../races/killable-server.ts";
import type { Client } from "../support/client.ts";
import { seededNumbers } from "./seeded-numbers.ts";

const rounds = 8 * times;

async function letGo(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isUnanswered(error)) throw error;
  });
}

test("S3, E4: SIGKILL among sends and syncs: everything arrives once and in order", {
  timeout: rounds * 60_000,
}, async (t) => {
  t.diagnostic(seedNote);
  const random = seededNumbers(seed);
  const server = await KillableServer.create(t, ["alice PHONE", "bob PHONE"]);
  const received: number[] = [];
  let next = 0;
  let since: string | undefined;

  const readOnce = async (bob: Client) => {
    const answer = await bob.sync(since, 1000);
    since = answer.next_batch;
    for (const { content } of answer.to_device?.events ?? []) received.push(content.number);
  };
  /** What was not answered is sent again, under the same transaction id. */
  const send = async (alice: Client, bob: Client) => {
    for (;;) {
      const content = { number: next, key: "x".repeat(500) };
      const { status } = await alice.send("m.room.encrypted", `txn${next}`, { [bob.userId]: { "*": content } });
      assert.equal(status, 200);
      next++;
    }
  };
  for (let round = 0; round < rounds; round++) {
    const [alice, bob] = (await server.start()) as [Client, Client];
    const receive = async () => {
      for (let left = 1 + Math.floor(random() * 40); left > 0; left--) await readOnce(bob);
      // In the middle of the next sync, which acknowledges what the last one gave.
      const asked = readOnce(bob);
      for (let turn = Math.floor(random() * 12); turn > 0; turn--)
        await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([server.kill(), letGo(asked)]);
    };
    await Promise.all([letGo(send(alice, bob)), receive()]);
  }
  const [alice, bob] = (await server.start()) as [Client, Client];
  await alice.send("m.room.encrypted", `txn${next}`, { [bob.userId]: { "*": { number: next } } });
  while (received.at(-1) !== next) await readOnce(bob);
  assert.deepEqual(
    received,
    Array.from({ length: next + 1 }, (_, number) => number),
  );
  t.diagnostic(`${rounds} rounds, ${next} messages`);
});
