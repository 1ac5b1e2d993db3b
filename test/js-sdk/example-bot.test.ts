import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { registerUser } from "../support/test-server.ts";
import { createEncryptedRoom, untilHeard } from "./rooms.ts";
import { startSdkDevices } from "./sdk-devices.ts";

const devices = await startSdkDevices();
const script = fileURLToPath(new URL("../../examples/bot.ts", import.meta.url));

test("the example bot joins an encrypted room when it is invited, and answers there, encrypted", async () => {
  const bot = await registerUser(devices.url, "bot", "pass:word");
  const alice = await devices.newUser("alice");
  const child = spawn(process.execPath, [script, "--server", devices.url, "--as", "bot:pass:word"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  after(() => child.kill("SIGKILL"));
  const ended = once(child, "exit");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  assert.match((await lines.next()).value ?? "", /^@bot:localhost listens, with the new device \w+\.$/);

  const roomId = await createEncryptedRoom(alice, []);
  await alice.client.invite(roomId, bot.userId);
  await untilHeard(alice, roomId, [alice, bot]);
  for (const [said, answer] of [
    ["!ping", "Pong!"],
    ["!echo Good morning", "Good morning"],
  ] as const) {
    await alice.client.sendTextMessage(roomId, said);
    const event = await alice.until(() =>
      alice.client
        .getRoom(roomId)
        ?.getLiveTimeline()
        .getEvents()
        .find((event) => event.getSender() === bot.userId && event.getContent()["body"] === answer),
    );
    assert.deepEqual([event.isEncrypted(), event.getContent()["msgtype"]], [true, "m.notice"]);
  }

  child.kill("SIGTERM");
  assert.equal((await lines.next()).value, "The device is logged out.");
  assert.deepEqual(await ended, [0, null]);
});
