import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { OlmDevice } from "../../examples/olm-device.ts";
import { clientOf, publishKeys, sendMessage } from "../olm-machine/connect-device.ts";
import { createMigratedDatabase } from "../support/postgres/run-cluster.ts";
import { registerUser } from "../support/test-server.ts";
import { untilReceived } from "./encrypted-conversation.ts";
import { serverNameOf } from "./federated-servers.ts";
import { persistentFetch, ServerProcess } from "./server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "claviger-shared-"));
after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
const database = await createMigratedDatabase();
after(() => database.drop());

/** Two processes of one server, and another server, which reaches the first one of them that is named. */
const [first, second] = await Promise.all(
  ["first", "second"].map((name) =>
    ServerProcess.create({
      ...{ name: serverNameOf("one"), folder: join(folder, name) },
      database: { engine: "postgres", url: database.url, pool_size: 5 },
      overrides: () => ({ [other.name]: other.address }),
    }),
  ),
);
const other = await ServerProcess.create({
  ...{ name: serverNameOf("two"), folder: join(folder, "other"), database: { engine: "sqlite" } },
  overrides: () => ({ [first!.name]: first!.address }),
});
for (const server of [first!, second!, other]) after(() => server.close());
await first!.start();
// Processes of one server sign with one key.
mkdirSync(join(folder, "second", "data"), { recursive: true });
cpSync(join(folder, "first", "data", "signing.key"), join(folder, "second", "data", "signing.key"));
await Promise.all([second!.start(), other.start()]);

async function newUser(server: ServerProcess, name: string): Promise<OlmDevice> {
  const account = await registerUser(server.url, name);
  return publishKeys(await OlmDevice.create(clientOf(server.url, account, persistentFetch)));
}

const numbered = (count: number, begin = 0) => Array.from({ length: count }, (_, index) => `number ${begin + index}`);

test("S3, C5: clients of two processes of one server write to another server, and hear from it through either", async () => {
  const [alice, bea] = [await newUser(first!, "alice"), await newUser(second!, "bea")];
  const bob = await newUser(other, "bob");
  for (const writer of [alice, bea]) {
    for (const body of numbered(5)) await sendMessage(writer, bob, body);
    assert.deepEqual(await untilReceived(bob, 5), numbered(5));
    const waiting = writer.sync(60_000);
    await sendMessage(bob, writer, "an answer");
    // Whatever woke it: the answer comes with this one or with a next one.
    const { decrypted } = await waiting;
    if (decrypted.length === 0) assert.deepEqual(await untilReceived(writer, 1), ["an answer"]);
    else assert.deepEqual(decrypted[0]!.content, { body: "an answer" });
  }
});

test("S3, X6, E4: when the process that sends is killed another one goes on, and every message arrives once", async () => {
  const carol = await newUser(second!, "carol");
  const dave = await newUser(other, "dave");
  await sendMessage(carol, dave, "ping");
  assert.deepEqual(await untilReceived(dave, 1), ["ping"]);
  // Whichever of them it is that sends: both are killed, one after the other.
  for (const [round, dying] of [first!, second!].entries()) {
    const sending = (async () => {
      for (const body of numbered(20, round * 20)) await sendMessage(carol, dave, body);
    })();
    await dying.kill();
    if (dying === second) await dying.start();
    await sending;
    assert.deepEqual(await untilReceived(dave, 20), numbered(20, round * 20));
    if (dying === first) await dying.start();
  }
  const eve = await newUser(first!, "eve");
  await sendMessage(dave, eve, "to the first again");
  assert.deepEqual(await untilReceived(eve, 1), ["to the first again"]);
});
