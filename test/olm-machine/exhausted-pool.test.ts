import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startTestServer } from "../support/test-server.ts";
import { claimKeys, distinct } from "./claim-key.ts";
import { anotherDevice, newUser, receiveMessages, sendMessage } from "./connect-device.ts";

const server = await startTestServer();
after(() => server.close());
const { url } = server;

test("C1, C3: 60 claims on 50 one-time keys give 50 different ones, then the fallback key", async () => {
  const alice = await newUser(url, "alice");
  const bob = await newUser(url, "bob");
  const keys = await claimKeys(bob.client, alice.client.account, 60);
  const oneTimeKeys = keys.filter(({ fallback }) => !fallback);
  const fallbackKeys = keys.filter(({ fallback }) => fallback);
  assert.deepEqual([oneTimeKeys.length, distinct(oneTimeKeys)], [50, 50]);
  assert.deepEqual([fallbackKeys.length, distinct(fallbackKeys)], [10, 1]);

  const { answer } = await alice.sync();
  assert.equal(answer.device_one_time_keys_count["signed_curve25519"], 0, "S1: an explicit zero");
  assert.deepEqual(answer.device_unused_fallback_key_types, [], "S1: the fallback key is used");

  await alice.sendOutgoingRequests();
  const refilled = (await alice.sync()).answer;
  assert.equal(
    refilled.device_one_time_keys_count["signed_curve25519"],
    50,
    "K10: the machine has uploaded 50 new keys",
  );
  assert.deepEqual(refilled.device_unused_fallback_key_types, [], "K7: the same fallback key stays used");
  const next = await claimKeys(bob.client, alice.client.account, 50);
  assert.equal(distinct([...keys, ...next]), 101, "C1: none of the new keys was issued before");
});

test("C8: a claim wakes the owner's waiting sync, which tells the lower count", async () => {
  const carol = await newUser(url, "carol");
  const dave = await newUser(url, "dave");
  const before = await carol.sync();
  assert.equal(before.answer.device_one_time_keys_count["signed_curve25519"], 50);
  assert.deepEqual(before.answer.device_unused_fallback_key_types, ["signed_curve25519"]);
  await carol.sync();
  const started = performance.now();
  const waiting = carol.sync(30_000);
  await claimKeys(dave.client, carol.client.account, 1);
  assert.equal((await waiting).answer.device_one_time_keys_count["signed_curve25519"], 49);
  assert.ok(performance.now() - started < 20_000, "the sync did not wait for its timeout");
});

test("C3: messages to a device that has only its fallback key left are decrypted, from several senders", async () => {
  const erin = await newUser(url, "erin");
  const frank = await newUser(url, "frank");
  await claimKeys(frank.client, erin.client.account, 50);
  await sendMessage(frank, erin, "by the fallback key");
  await sendMessage(await anotherDevice(url, "frank"), erin, "by the same fallback key");
  assert.deepEqual(await receiveMessages(erin), ["by the fallback key", "by the same fallback key"]);
});
