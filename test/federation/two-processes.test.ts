import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { UserId } from "@matrix-org/matrix-sdk-crypto-wasm";
import type { Account } from "../../examples/matrix-client.ts";
import { OlmDevice } from "../../examples/olm-device.ts";
import { bootstrapCrossSigning } from "../appservices/bootstrap-cross-signing.ts";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { clientOf, publishKeys, receiveMessages, sendMessage } from "../olm-machine/connect-device.ts";
import { seed, seedNote, times } from "../races/effort.ts";
import { below } from "../races/key-requests.ts";
import { createMigratedDatabase } from "../support/postgres/run-cluster.ts";
import { login, registerUser } from "../support/test-server.ts";
import { untilKnows, untilReceived } from "./encrypted-conversation.ts";
import { eventually } from "./eventually.ts";
import { serverNameOf } from "./federated-servers.ts";
import { persistentFetch, ServerProcess } from "./server-process.ts";
import { verifyByEmoji } from "./verify-by-emoji.ts";

const folder = mkdtempSync(join(tmpdir(), "claviger-processes-"));
after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
const database = await createMigratedDatabase();
after(() => database.drop());

const lite = await ServerProcess.create({
  ...{ name: serverNameOf("one"), folder: join(folder, "one"), database: { engine: "sqlite" } },
  overrides: () => ({ [post.name]: post.address }),
});
after(() => lite.close());
const post = await ServerProcess.create({
  ...{ name: serverNameOf("two"), folder: join(folder, "two") },
  database: { engine: "postgres", url: database.url, pool_size: 5 },
  overrides: () => ({ [lite.name]: lite.address }),
});
after(() => post.close());
await Promise.all([lite.start(), post.start()]);
const random = seededNumbers(seed);

const deviceOf = async (server: ServerProcess, account: Account) =>
  publishKeys(await OlmDevice.create(clientOf(server.url, account, persistentFetch)));
const newUser = async (server: ServerProcess, name: string) => deviceOf(server, await registerUser(server.url, name));
const identityOf = (viewer: OlmDevice, other: OlmDevice) =>
  viewer.machine.getIdentity(new UserId(other.client.account.userId));
const idOf = (device: OlmDevice) => device.client.account.deviceId;

interface Direction {
  readonly name: string;
  readonly from: ServerProcess;
  readonly to: ServerProcess;
}

const directions: readonly Direction[] = [
  { name: "SQLite to PostgreSQL", from: lite, to: post },
  { name: "PostgreSQL to SQLite", from: post, to: lite },
];

/** Two users who have written to each other. */
async function acquainted({ from, to }: Direction, suffix: string): Promise<[OlmDevice, OlmDevice]> {
  const writer = await newUser(from, `writer-${suffix}`);
  const reader = await newUser(to, `reader-${suffix}`);
  await sendMessage(writer, reader, "ping");
  assert.deepEqual(await untilReceived(reader, 1), ["ping"]);
  await sendMessage(reader, writer, "pong");
  assert.deepEqual(await untilReceived(writer, 1), ["pong"]);
  return [writer, reader];
}

const numbered = (count: number, begin = 0) => Array.from({ length: count }, (_, index) => `number ${begin + index}`);

async function sendAll(writer: OlmDevice, reader: OlmDevice, bodies: readonly string[], sent = () => undefined) {
  for (const body of bodies) {
    await sendMessage(writer, reader, body);
    sent();
  }
}

for (const [index, direction] of directions.entries()) {
  const { name, from, to } = direction;

  test(`C5, Q4, S3: encrypted messages both ways, from ${name}`, async () => {
    const [writer, reader] = await acquainted(direction, `a${index}`);
    await sendAll(writer, reader, numbered(5));
    await sendAll(reader, writer, numbered(5));
    assert.deepEqual(await untilReceived(reader, 5), numbered(5));
    assert.deepEqual(await untilReceived(writer, 5), numbered(5));
  });

  test(`X6: a new device and a deleted one are seen from ${name}`, async () => {
    const [watcher, owner] = await acquainted(direction, `b${index}`);
    const { userId } = owner.client.account;
    const second = await deviceOf(to, await login(to.url, `reader-b${index}`));
    await untilKnows(watcher, userId, [idOf(owner), idOf(second)]);
    await sendMessage(watcher, second, "to the new device");
    assert.deepEqual(await untilReceived(second, 1), ["to the new device"]);
    await second.client.send("POST", "/logout", {});
    await untilKnows(watcher, userId, [idOf(owner)]);
  });

  test(`X5, X6: users verify each other by emoji, from ${name}`, async () => {
    const [writer, reader] = await acquainted(direction, `v${index}`);
    for (const device of [writer, reader]) {
      await bootstrapCrossSigning(device);
      await device.learnDevices(device.client.account.userId);
    }
    for (const [viewer, other] of [
      [writer, reader],
      [reader, writer],
    ] as const) {
      await eventually(async () => {
        await viewer.sync();
        await viewer.sendOutgoingRequests();
        assert.ok(await identityOf(viewer, other), "the other's cross-signing keys have arrived");
      });
    }
    await verifyByEmoji(writer, reader);
    for (const [viewer, other] of [
      [writer, reader],
      [reader, writer],
    ] as const) {
      await eventually(async () => {
        await viewer.sync();
        await viewer.sendOutgoingRequests();
        assert.ok((await identityOf(viewer, other))?.isVerified());
      });
    }
  });

  test(`S3, E4: the receiving server is killed in the middle, and every message arrives once (${name})`, async (t) => {
    t.diagnostic(seedNote);
    const [writer, reader] = await acquainted(direction, `c${index}`);
    for (let round = 0; round < times; round++) {
      let count = 0;
      const killAt = 5 + below(random, 20);
      let death: Promise<void> | undefined;
      const sending = sendAll(writer, reader, numbered(40, round * 40), () => {
        count += 1;
        if (count === killAt) death = to.kill();
        return undefined;
      });
      const replying = sendAll(reader, writer, numbered(10, round * 10));
      await sending;
      await death;
      await to.start();
      await replying;
      assert.deepEqual(await untilReceived(reader, 40), numbered(40, round * 40));
      assert.deepEqual(await untilReceived(writer, 10), numbered(10, round * 10));
    }
  });

  test(`S3, E4: the sending server is killed with messages in its queue, and every one arrives once (${name})`, async (t) => {
    t.diagnostic(seedNote);
    const [writer, reader] = await acquainted(direction, `d${index}`);
    for (let round = 0; round < times; round++) {
      // What is sent first waits for a server that is not there; what is sent then may be under way at the death.
      await to.kill();
      await sendAll(writer, reader, numbered(15, round * 30));
      await from.kill();
      await Promise.all([from.start(), to.start()]);
      const sending = sendAll(writer, reader, numbered(15, round * 30 + 15));
      await pause(below(random, 200));
      await from.kill();
      await from.start();
      await sending;
      assert.deepEqual(await untilReceived(reader, 30), numbered(30, round * 30));
    }
  });
}

test("X6: devices that came and went while one of the servers was dead are right after it", async () => {
  const [watcher, owner] = await acquainted(directions[0]!, "e");
  const { userId } = owner.client.account;
  const account = () => login(post.url, "reader-e");
  const early = await deviceOf(post, await account());
  await untilKnows(watcher, userId, [idOf(owner), idOf(early)]);
  await lite.kill();
  const late = await deviceOf(post, await account());
  await early.client.send("POST", "/logout", {});
  await post.kill();
  await Promise.all([lite.start(), post.start()]);
  await untilKnows(watcher, userId, [idOf(owner), idOf(late)]);
  await eventually(async () => assert.deepEqual(await receiveMessages(watcher), []));
});
