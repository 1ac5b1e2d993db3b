import assert from "node:assert/strict";
import { test } from "node:test";
import { systemRandom } from "../../../src/adapters/system/system-random.ts";
import { getUserDevices } from "../../../src/domain/federation-in/get-user-devices.ts";
import { receiveTransaction } from "../../../src/domain/federation-in/receive-transaction.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { engines, type TestDatabase } from "../../stores/engines.ts";
import { noAppservices } from "../../support/no-appservices.ts";
import { noFederation } from "../../support/no-federation.ts";

const now = 1_790_000_000_000;
const alice = { userId: "@alice:example.org" as UserId, deviceId: "PHONE" as DeviceId };
const carol = { userId: "@carol:example.org" as UserId, deviceId: "PHONE" as DeviceId };

function depsOf({ unitOfWork, snapshots }: TestDatabase) {
  return {
    ...noAppservices("example.org"),
    ...noFederation,
    ...{ unitOfWork, snapshots, random: systemRandom, clock: { now: () => now, monotonic: () => 0 } },
    ...{ serverName: "example.org" as ServerName, observer: { toDeviceMessagesSent: () => undefined } },
  };
}

async function addUsers({ unitOfWork }: TestDatabase): Promise<void> {
  await unitOfWork.run("everything", async ({ accounts, devices }) => {
    for (const owner of [alice, carol]) {
      await accounts.add({ userId: owner.userId, passwordHash: undefined, isAdmin: false, createdAt: now });
      await devices.add(owner, undefined, { at: now, ip: "192.0.2.1" });
    }
  });
}

function edusOf(server: ServerName, transactionId: string) {
  return Array.from({ length: 30 }, (_, index) => {
    const content = { server, transactionId, index };
    // In turns, so that transactions of different servers meet the same users in another order.
    const [first, second] = index % 2 === 0 ? [alice, carol] : [carol, alice];
    const messages = { [first.userId]: { "*": content }, [second.userId]: { [second.deviceId]: content } };
    const sender = `@user${index % 3}:${server}`;
    const message = { sender, type: "m.test", message_id: `${transactionId} ${index}`, messages };
    return { edu_type: "m.direct_to_device", content: message };
  });
}

for (const engine of engines) {
  test(`S3: transactions that arrive several times at once are done once, in order, beside other servers' (${engine.name})`, async (t) => {
    const database = await engine.open();
    t.after(() => database.close());
    await addUsers(database);
    const deps = depsOf(database);
    const servers = ["one.example", "two.example", "three.example"] as ServerName[];
    const deliver = async (server: ServerName) => {
      for (const transactionId of ["t1", "t2"]) {
        const edus = edusOf(server, transactionId);
        const received = { transactionId, origin: server, pdus: [], edus };
        await Promise.all([1, 2, 3].map(() => receiveTransaction(deps, server, received)));
      }
    };
    const ask = (server: ServerName) =>
      getUserDevices({ ...deps, appserviceUsers: deps.appserviceUsers }, server, alice.userId);
    await Promise.all([...servers.map(deliver), ...servers.map(ask)]);
    for (const owner of [alice, carol]) {
      const waiting = await database.snapshots.read(({ toDevice }) => toDevice.listAfter(owner, 0, 1000));
      const contents = waiting.map(({ content }) => JSON.parse(content) as { server: string });
      for (const server of servers) {
        const expected = ["t1", "t2"].flatMap((id) =>
          edusOf(server, id).map((_, index) => ({ server, transactionId: id, index })),
        );
        assert.deepEqual(
          contents.filter((content) => content.server === server),
          expected,
        );
      }
      assert.equal(contents.length, 180);
      const heard = await database.snapshots.read(({ listeningServers }) => listeningServers.listServers(owner.userId));
      assert.deepEqual(heard, [...servers].sort());
    }
  });

  test(`S3: messages of several servers to 450 users at once reach each user once (${engine.name})`, async (t) => {
    const database = await engine.open();
    t.after(() => database.close());
    const users = Array.from({ length: 450 }, (_, n) => `@user${n}:example.org` as UserId);
    await database.unitOfWork.run("everything", async ({ devices }) => {
      for (const userId of users) await devices.add({ ...alice, userId }, undefined, { at: now, ip: "192.0.2.1" });
    });
    const servers = ["one.example", "two.example", "three.example"] as ServerName[];
    const deliver = (server: ServerName, index: number) => {
      const ordered = index % 2 === 0 ? users : users.toReversed();
      const messages = Object.fromEntries(ordered.map((userId) => [userId, { "*": { server } }]));
      const content = { sender: `@bob:${server}`, type: "m.test", message_id: "m", messages };
      const edus = [{ edu_type: "m.direct_to_device", content }];
      return receiveTransaction(depsOf(database), server, { transactionId: "t", origin: server, pdus: [], edus });
    };
    await Promise.all([...servers, ...servers].map(deliver));
    for (const userId of users) {
      const waiting = await database.snapshots.read(({ toDevice }) => toDevice.listAfter({ ...alice, userId }, 0, 100));
      assert.deepEqual(waiting.map(({ content }) => JSON.parse(content).server).sort(), servers.toSorted());
    }
  });
}
