import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Account } from "../../examples/matrix-client.ts";
import { OlmDevice } from "../../examples/olm-device.ts";
import { clientOf, publishKeys, sendMessage } from "../olm-machine/connect-device.ts";
import { login, registerUser } from "../support/test-server.ts";
import { untilKnows, untilReceived } from "./encrypted-conversation.ts";
import { serverNameOf } from "./federated-servers.ts";
import { persistentFetch, ServerProcess } from "./server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "claviger-restored-"));
after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
const one = await ServerProcess.create({
  ...{ name: serverNameOf("one"), folder: join(folder, "one"), database: { engine: "sqlite" } },
  overrides: () => ({ [two.name]: two.address }),
});
const two = await ServerProcess.create({
  ...{ name: serverNameOf("two"), folder: join(folder, "two"), database: { engine: "sqlite" } },
  overrides: () => ({ [one.name]: one.address }),
});
for (const server of [one, two]) after(() => server.close());
await Promise.all([one.start(), two.start()]);

const database = (short: string, suffix: string) => join(folder, short, "data", `claviger.db${suffix}`);
const suffixes = ["", "-wal"];

/** Copies the database of a server that does not run. */
function backUp(short: string): void {
  for (const suffix of suffixes) {
    if (existsSync(database(short, suffix)))
      copyFileSync(database(short, suffix), join(folder, `${short}.db${suffix}`));
  }
}

/** Puts the copy in the place of the database of a server that does not run. */
function restore(short: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(database(short, suffix), { force: true });
  for (const suffix of suffixes) {
    const copy = join(folder, `${short}.db${suffix}`);
    if (existsSync(copy)) copyFileSync(copy, database(short, suffix));
  }
}

const deviceOf = async (server: ServerProcess, account: Account) =>
  publishKeys(await OlmDevice.create(clientOf(server.url, account, persistentFetch)));
const idOf = (device: OlmDevice) => device.client.account.deviceId;

async function acquainted(suffix: string): Promise<[OlmDevice, OlmDevice]> {
  const alice = await deviceOf(one, await registerUser(one.url, `alice-${suffix}`));
  const bob = await deviceOf(two, await registerUser(two.url, `bob-${suffix}`));
  await sendMessage(alice, bob, "ping");
  assert.deepEqual(await untilReceived(bob, 1), ["ping"]);
  await sendMessage(bob, alice, "pong");
  assert.deepEqual(await untilReceived(alice, 1), ["pong"]);
  return [alice, bob];
}

test("E5, Q4: after a restore of the server that follows, lists are right, for what it was told since is asked for anew", async () => {
  const [alice, bob] = await acquainted("a");
  await one.kill();
  backUp("one");
  await one.start();
  const second = await deviceOf(two, await login(two.url, "bob-a"));
  const { userId } = bob.client.account;
  await untilKnows(alice, userId, [idOf(bob), idOf(second)]);
  await one.kill();
  restore("one");
  await one.start();
  const witness = await deviceOf(one, await registerUser(one.url, "witness-a"));
  await sendMessage(witness, second, "to the device that came after the backup");
  assert.deepEqual(await untilReceived(second, 1), ["to the device that came after the backup"]);
  await untilKnows(witness, userId, [idOf(bob), idOf(second)]);
});

test("E5, X6: after a restore of a user's server, others see the devices that there are, not those made since the backup", async () => {
  const [alice, bob] = await acquainted("b");
  await two.kill();
  backUp("two");
  await two.start();
  const lost = await deviceOf(two, await login(two.url, "bob-b"));
  const { userId } = bob.client.account;
  await untilKnows(alice, userId, [idOf(bob), idOf(lost)]);
  await two.kill();
  restore("two");
  await two.start();
  await untilKnows(alice, userId, [idOf(bob)]);
  const later = await deviceOf(two, await login(two.url, "bob-b"));
  await untilKnows(alice, userId, [idOf(bob), idOf(later)]);
  await sendMessage(alice, later, "to the new device");
  assert.deepEqual(await untilReceived(later, 1), ["to the new device"]);
});
