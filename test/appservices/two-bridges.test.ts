import assert from "node:assert/strict";
import { after, test } from "node:test";
import { DeviceId, UserId } from "@matrix-org/matrix-sdk-crypto-wasm";
import { claimKeys } from "../olm-machine/claim-key.ts";
import { anotherDevice, newUser, receiveMessages, sendMessage } from "../olm-machine/connect-device.ts";
import { meetInRoom } from "../olm-machine/meet-in-room.ts";
import type { ReceivedRequest } from "../support/appservices/appservice-routes.ts";
import { startTestAppservice } from "../support/appservices/test-appservice.ts";
import { startTestServer } from "../support/test-server.ts";
import { Bridge } from "./bridge.ts";
import type { Ghost } from "./ghost.ts";

const encrypting = { encrypts: true, receivesEphemeral: true, managesDevices: true };
const irc = await startTestAppservice({ id: "irc", ...encrypting });
after(() => irc.close());
const xmpp = await startTestAppservice({ id: "xmpp", ...encrypting });
after(() => xmpp.close());
const server = await startTestServer({ appservices: [irc.registrationFile, xmpp.registrationFile] });
after(() => server.close());
const { url } = server;
const ircBridge = new Bridge({ appservice: irc, url });
const xmppBridge = new Bridge({ appservice: xmpp, url });

/** Ghosts of one test, three on each side. */
async function addGhosts(name: string): Promise<{ ofIrc: Ghost[]; ofXmpp: Ghost[] }> {
  const names = [1, 2, 3].map((number) => `${name}${number}`);
  return { ofIrc: await ircBridge.addGhosts(names), ofXmpp: await xmppBridge.addGhosts(names) };
}

/** Every sender writes to every receiver, `count` times. Gives what each of the receivers must hear. */
async function writeToAll(senders: readonly Ghost[], receivers: readonly Ghost[], count: number): Promise<string[]> {
  const bodies: string[] = [];
  for (let number = 1; number <= count; number++) {
    for (const sender of senders) {
      const body = `${number} from ${sender.userId}`;
      for (const receiver of receivers) await sender.write(receiver.device, body);
      bodies.push(body);
    }
  }
  return bodies;
}

test("S3: users of two bridges write to each other, and all is decrypted in order", async () => {
  const { ofIrc, ofXmpp } = await addGhosts("early");
  const toXmpp = await writeToAll(ofIrc, ofXmpp, 2);
  const toIrc = await writeToAll(ofXmpp, ofIrc, 2);
  for (const ghost of ofXmpp) assert.deepEqual(await xmppBridge.untilHeard(ghost, toXmpp.length), toXmpp);
  for (const ghost of ofIrc) assert.deepEqual(await ircBridge.untilHeard(ghost, toIrc.length), toIrc);
});

test("S3, C8: while one bridge is down the other hears all, and then the one does: in order, each once", async () => {
  const { ofIrc, ofXmpp } = await addGhosts("down");
  const [ircGhost] = ofIrc as [Ghost];
  const [xmppGhost] = ofXmpp as [Ghost];
  const alice = await newUser(url, "alice");
  await meetInRoom(alice, xmppGhost.device);
  const before = await writeToAll(ofIrc, ofXmpp, 1);
  await xmppGhost.write(alice, "to the first device");
  for (const ghost of ofXmpp) await xmppBridge.untilHeard(ghost, before.length);
  await xmppBridge.until(() => (xmppGhost.keyCount ?? 0) >= 50);

  await xmpp.stop();
  // More than one transaction carries.
  const during = await writeToAll(ofIrc, ofXmpp, 12);
  const { length } = xmppGhost.toldCounts;
  await claimKeys(alice.client, xmppGhost.device.client.account, 20);
  const second = await anotherDevice(url, "alice");
  await sendMessage(alice, ircGhost.device, "from a client");
  const toIrc = await writeToAll(ofXmpp, ofIrc, 2);
  assert.deepEqual(await ircBridge.untilHeard(ircGhost, 1 + toIrc.length), ["from a client", ...toIrc]);
  assert.ok(
    ofXmpp.every(({ bodies }) => bodies.length === before.length),
    "it is down",
  );

  await xmpp.start();
  for (const ghost of ofXmpp) {
    assert.deepEqual(await xmppBridge.untilHeard(ghost, before.length + during.length), [...before, ...during]);
  }
  await xmppBridge.until(() => xmppGhost.toldCounts.length > length);
  const { userId, deviceId } = second.client.account;
  await xmppBridge.untilSo(async () => {
    const known = await xmppGhost.device.machine.getDevice(new UserId(userId), new DeviceId(deviceId));
    return known !== undefined;
  });
  await xmppGhost.write(second, "to the second device");
  assert.deepEqual(await receiveMessages(second), ["to the second device"]);
});

test("S3: a bridge that does not answer keeps no other waiting", async () => {
  const { ofIrc, ofXmpp } = await addGhosts("stuck");
  const release = xmpp.hang("transactions");
  const toXmpp = await writeToAll(ofIrc, ofXmpp, 2);
  await xmpp.until(() => xmpp.requestsTo("transactions").some(({ answered }) => answered === undefined));
  const toIrc = await writeToAll(ofXmpp, ofIrc, 2);
  for (const ghost of ofIrc) assert.deepEqual(await ircBridge.untilHeard(ghost, toIrc.length), toIrc);
  assert.ok(
    ofXmpp.every(({ bodies }) => bodies.length === 0),
    "it has taken nothing",
  );
  release();
  for (const ghost of ofXmpp) assert.deepEqual(await xmppBridge.untilHeard(ghost, toXmpp.length), toXmpp);
});

test("S3: after errors the same transaction comes again, and what it brings is heard once", async () => {
  const { ofIrc, ofXmpp } = await addGhosts("errors");
  const take = xmpp.on.transactions;
  const ids: string[] = [];
  xmpp.on.transactions = async (request) => {
    ids.push(idOf(request));
    const reply = await take(request);
    return ids.length > 2 ? reply : { status: 503 };
  };
  const bodies = await writeToAll(ofIrc, ofXmpp, 3);
  await xmppBridge.until(() => ids.length > 2);
  xmpp.on.transactions = take;
  for (const ghost of ofXmpp) assert.deepEqual(await xmppBridge.untilHeard(ghost, bodies.length), bodies);
  assert.equal(new Set(ids.slice(0, 3)).size, 1, "no other comes before it is taken");
});

test("S3: after lost answers the same transaction comes again, and what it brings is heard once", async () => {
  const { ofIrc, ofXmpp } = await addGhosts("lost");
  const take = xmpp.on.transactions;
  const ids: string[] = [];
  /** From now on; resolves when the bridge has taken a transaction. */
  const loseAnswers = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    xmpp.on.transactions = async (request) => {
      ids.push(idOf(request));
      await take(request);
      resolve();
      return new Promise(() => undefined);
    };
    return promise;
  };
  const taken = loseAnswers();
  const bodies = await writeToAll(ofIrc, ofXmpp, 3);
  await taken;
  await xmpp.stop();
  const takenAgain = loseAnswers();
  await xmpp.start();
  await takenAgain;
  await xmpp.stop();
  xmpp.on.transactions = take;
  await xmpp.start();
  for (const ghost of ofXmpp) assert.deepEqual(await xmppBridge.untilHeard(ghost, bodies.length), bodies);
  assert.equal(new Set(ids).size, 1, "no other comes before it is taken");
});

/** The older path is tried too, with the same id. */
function idOf({ path }: ReceivedRequest): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
