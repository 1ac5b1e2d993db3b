import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client } from "../support/client.ts";
import { deployments } from "./race-engines.ts";
import { phones, seededServers } from "./seeded-server.ts";

const type = "com.example.race";

interface Event {
  readonly sender: string;
  readonly content: { readonly number: number };
}

/** Syncs, waiting, until `count` messages have come. */
async function receive(client: Client, count: number): Promise<Event[]> {
  const events: Event[] = [];
  let since: string | undefined;
  while (events.length < count) {
    const answer = await client.sync(since, 60_000);
    since = answer.next_batch;
    assert.ok((answer.to_device?.events ?? []).length <= 100);
    events.push(...(answer.to_device?.events ?? []));
  }
  assert.deepEqual((await client.sync(since)).to_device?.events ?? [], []);
  return events;
}

for (const deployment of deployments) {
  test(`S3: one transaction sent 32 times at once is delivered once, and answered alike (${deployment.name})`, async (t) => {
    const [alice, bob] = await seededServers(t, deployment, ["alice PHONE", "bob PHONE"]);
    for (let round = 0; round < 10; round++) {
      const messages = { [bob.userId]: { [bob.deviceId]: { number: round } } };
      const answers = await Promise.all(Array.from({ length: 32 }, () => alice.send(type, `txn${round}`, messages)));
      for (const { status, body } of answers) assert.deepEqual([status, body], [200, {}]);
    }
    const events = await receive(bob, 10);
    assert.deepEqual(
      events.map(({ content }) => content.number),
      Array.from({ length: 10 }, (_, round) => round),
    );
  });

  test(`S3: transactions are apart by device and event type, also at once (${deployment.name})`, async (t) => {
    const [phone, laptop, bob] = await seededServers(t, deployment, ["alice PHONE", "alice LAPTOP", "bob PHONE"]);
    const messages = { [bob.userId]: { "*": { number: 0 } } };
    const sends = [phone, laptop].flatMap((device) =>
      [`${type}.a`, `${type}.b`].flatMap((kind) => Array.from({ length: 8 }, () => device.send(kind, "txn", messages))),
    );
    for (const { status } of await Promise.all(sends)) assert.equal(status, 200);
    assert.equal((await receive(bob, 4)).length, 4);
  });

  test(`S3: from senders at once each device gets everything once, each sender's in order, all devices in the same order (${deployment.name})`, async (t) => {
    const [phone, laptop, ...senders] = await seededServers(t, deployment, [
      "bob PHONE",
      "bob LAPTOP",
      ...phones("sender", 16),
    ]);
    const each = 25;
    const send = async (sender: Client) => {
      for (let number = 0; number < each; number++) {
        const message = { [phone.userId]: { "*": { number } } };
        // Sent twice, as after a lost answer; the second must change nothing.
        const sends = [sender.send(type, `txn${number}`, message), sender.send(type, `txn${number}`, message)];
        for (const { status } of await Promise.all(sends)) assert.equal(status, 200);
      }
    };
    const count = senders.length * each;
    const [ofPhone, ofLaptop] = await Promise.all([
      receive(phone, count),
      receive(laptop, count),
      ...senders.map(send),
    ]);
    assert.deepEqual(ofPhone, ofLaptop);
    for (const { userId } of senders) {
      const numbers = ofPhone?.filter(({ sender }) => sender === userId).map(({ content }) => content.number);
      assert.deepEqual(
        numbers,
        Array.from({ length: each }, (_, number) => number),
      );
    }
  });
}
