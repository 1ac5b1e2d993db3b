import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startTestServer } from "../support/test-server.ts";
import { anotherDevice, newUser, receiveMessages, sendMessage } from "./connect-device.ts";

const server = await startTestServer();
after(() => server.close());
const { url } = server;

test("C1, S3: every device of two users can write to every other one, and all is decrypted in order", async () => {
  const devices = [
    await newUser(url, "alice"),
    await anotherDevice(url, "alice"),
    await newUser(url, "bob"),
    await anotherDevice(url, "bob"),
  ];
  // X6: the first device of each learns that there is a second one.
  for (const device of devices) await device.sync();
  for (const sender of devices) {
    for (const receiver of devices.filter((other) => other !== sender)) {
      await sendMessage(sender, receiver, `first from ${devices.indexOf(sender)}`);
      await sendMessage(sender, receiver, `second from ${devices.indexOf(sender)}`);
    }
  }
  for (const [index, receiver] of devices.entries()) {
    const others = devices.keys().filter((other) => other !== index);
    const expected = [...others].flatMap((other) => [`first from ${other}`, `second from ${other}`]);
    assert.deepEqual(await receiveMessages(receiver), expected);
    assert.deepEqual(await receiveMessages(receiver), [], "each message comes once");
  }
});

test("S3: a reply in the session that a message opened is decrypted", async () => {
  const carol = await newUser(url, "carol");
  const dave = await newUser(url, "dave");
  await sendMessage(carol, dave, "ping");
  assert.deepEqual(await receiveMessages(dave), ["ping"]);
  await sendMessage(dave, carol, "pong");
  assert.deepEqual(await receiveMessages(carol), ["pong"]);
});

test("S3: a waiting sync brings a message as soon as it is sent", async () => {
  const erin = await newUser(url, "erin");
  const frank = await newUser(url, "frank");
  await sendMessage(erin, frank, "opens the session");
  assert.deepEqual(await receiveMessages(frank), ["opens the session"]);
  const started = performance.now();
  const waiting = frank.sync(30_000);
  await sendMessage(erin, frank, "wakes the sync");
  const { decrypted } = await waiting;
  assert.deepEqual(
    decrypted.map(({ content }) => content["body"]),
    ["wakes the sync"],
  );
  assert.ok(performance.now() - started < 20_000, "the sync did not wait for its timeout");
});

test("S4: keys of a device that logged out are neither shown nor claimed", async () => {
  const gina = await newUser(url, "gina");
  const old = await anotherDevice(url, "gina");
  await old.client.send("POST", "/logout", {});
  const henry = await newUser(url, "henry");
  await sendMessage(henry, gina, "to the one device left");
  const devices = await henry.machine.getUserDevices(gina.machine.userId);
  assert.deepEqual(
    devices.keys().map((id) => id.toString()),
    [gina.client.account.deviceId],
  );
  assert.deepEqual(await receiveMessages(gina), ["to the one device left"]);
});
