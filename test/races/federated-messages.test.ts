import assert from "node:assert/strict";
import { test } from "node:test";
import { HeardByServer } from "../crash/heard-by-server.ts";
import { upTo } from "../federation/following-client.ts";
import type { Client } from "../support/client.ts";
import { federating, playServers } from "./federated-house.ts";
import { deployments } from "./race-engines.ts";
import { openSeededServers, phones } from "./seeded-server.ts";

for (const deployment of deployments) {
  test(`S3: requests that arrive many times at once are one message each for another server, in order (${deployment.name})`, async (t) => {
    const { played, servers } = await playServers(t, "one", "two");
    const { clients } = await openSeededServers(t, deployment, phones("sender", 6), federating(played));
    const heard = servers.map((server) => new HeardByServer(server));
    // Each sender to both servers, with the same transaction id many times at once, by whatever process.
    const sendAll = async (sender: Client) => {
      for (const number of upTo(12)) {
        const messages = Object.fromEntries(servers.map((server) => [server.userId("mallory"), { PHONE: { number } }]));
        const sends = Array.from({ length: 4 }, () => sender.send("m.test", `${number}`, messages));
        for (const { status } of await Promise.all(sends)) assert.equal(status, 200);
      }
    };
    await Promise.all(clients.map(sendAll));
    const late = (byServer: HeardByServer) => clients.some((client) => byServer.numbersOf(client).length < 12);
    for (const byServer of heard) {
      await byServer.until(() => !late(byServer));
      // What is sent now goes behind all else: nothing came twice.
      const [first] = clients as [Client];
      const messages = Object.fromEntries(
        servers.map((server) => [server.userId("mallory"), { PHONE: { number: 12 } }]),
      );
      await first.send("m.test", "12", messages);
      await byServer.until(() => byServer.numbersOf(first).length > 12);
      for (const client of clients) assert.deepEqual(byServer.numbersOf(client), upTo(client === first ? 13 : 12));
    }
  });
}
