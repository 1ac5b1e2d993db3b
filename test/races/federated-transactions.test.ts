import assert from "node:assert/strict";
import { test } from "node:test";
import { directToDevice, type PlayedServer } from "../federation/played-servers.ts";
import type { Client } from "../support/client.ts";
import { federating, playServers, sendTransaction } from "./federated-house.ts";
import { deployments } from "./race-engines.ts";
import { openSeededServers } from "./seeded-server.ts";

interface Event {
  readonly sender: string;
  readonly content: { readonly number: number };
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}

/** Message `number` of a server's user to all devices of ours. */
function message(from: PlayedServer, to: Client, number: number): object {
  const all = { userId: to.userId, deviceId: "*" };
  return directToDevice(from.userId("mallory"), all, { number }, `message ${number}`);
}

async function sendAtOnce(times: number, send: () => ReturnType<typeof sendTransaction>): Promise<void> {
  for (const { status, body } of await Promise.all(Array.from({ length: times }, send))) {
    assert.deepEqual([status, body], [200, { pdus: {} }]);
  }
}

/** All that has come for a device by now. */
async function receive(client: Client): Promise<Event[]> {
  const events: Event[] = [];
  for (let since: string | undefined; ; ) {
    const answer = await client.sync(since);
    since = answer.next_batch;
    if (answer.to_device.events.length === 0) return events;
    events.push(...answer.to_device.events);
  }
}

function numbersOf(events: readonly Event[], from: PlayedServer): number[] {
  return events.filter(({ sender }) => sender === from.userId("mallory")).map(({ content }) => content.number);
}

for (const deployment of deployments) {
  test(`S3: a server's transaction that arrives 20 times at once is done once, in order (${deployment.name})`, async (t) => {
    const { played, servers } = await playServers(t, "one");
    const { clients, anyUrl } = await openSeededServers(t, deployment, ["alice PHONE"], federating(played));
    const [[one], [alice]] = [servers, clients as [Client]];
    const rounds = 6;
    for (let round = 0; round < rounds; round++) {
      // More than fit into one unit of work.
      const edus = upTo(30).map((index) => message(one, alice, round * 30 + index));
      await sendAtOnce(20, () => sendTransaction(one, anyUrl(), `round${round}`, edus));
    }
    assert.deepEqual(numbersOf(await receive(alice), one), upTo(rounds * 30));
  });

  test(`S3: a message that stands in many transactions at once is delivered once (${deployment.name})`, async (t) => {
    const { played, servers } = await playServers(t, "one", "two");
    const { clients, anyUrl } = await openSeededServers(t, deployment, ["alice PHONE"], federating(played));
    const [[one, two], [alice]] = [servers, clients as [Client]];
    for (const round of upTo(5)) {
      // The ids of two servers' messages and transactions have nothing to do with each other.
      const sends = [one, two].map((from) => {
        let transactions = 0;
        const edus = [message(from, alice, round)];
        return sendAtOnce(20, () => sendTransaction(from, anyUrl(), `${round}x${transactions++}`, edus));
      });
      await Promise.all(sends);
    }
    const events = await receive(alice);
    assert.deepEqual([numbersOf(events, one), numbersOf(events, two)], [upTo(5), upTo(5)]);
  });

  test(`S3: transactions of four servers side by side are delivered once, each server's in order, to all devices alike (${deployment.name})`, async (t) => {
    const { played, servers } = await playServers(t, "one", "two", "three", "four");
    const names = ["alice PHONE", "alice LAPTOP"];
    const { clients, anyUrl } = await openSeededServers(t, deployment, names, federating(played));
    const [phone, laptop] = clients as [Client, Client];
    const sendAll = async (from: PlayedServer) => {
      for (let transaction = 0; transaction < 8; transaction++) {
        const edus = upTo(15).map((index) => message(from, phone, transaction * 15 + index));
        // Twice, as after a lost answer.
        await sendAtOnce(2, () => sendTransaction(from, anyUrl(), `t${transaction}`, edus));
      }
    };
    await Promise.all(servers.map(sendAll));
    const [ofPhone, ofLaptop] = [await receive(phone), await receive(laptop)];
    assert.deepEqual(ofPhone, ofLaptop);
    for (const server of servers) assert.deepEqual(numbersOf(ofPhone, server), upTo(120));
  });
}
