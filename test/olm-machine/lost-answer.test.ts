import assert from "node:assert/strict";
import { after, test } from "node:test";
import { OlmDevice } from "../../examples/olm-device.ts";
import { checkedFetch } from "../openapi/checking-fetch.ts";
import { registerUser, startTestServer } from "../support/test-server.ts";
import { claimKeys, distinct } from "./claim-key.ts";
import { anotherDevice, clientOf, newUser, publishKeys, receiveMessages, sendMessage } from "./connect-device.ts";

const server = await startTestServer();
after(() => server.close());
const { url } = server;

/** A fetch that loses the first answer to an upload of keys, as a broken connection does; and what was uploaded. */
function losingFetch(): { fetcher: typeof fetch; uploads: string[] } {
  const uploads: string[] = [];
  const fetcher: typeof fetch = async (input, init) => {
    const answer = await checkedFetch(input, init);
    if (!String(input).endsWith("/keys/upload")) return answer;
    uploads.push(String(init?.body));
    if (uploads.length === 1) throw new TypeError("fetch failed");
    return answer;
  };
  return { fetcher, uploads };
}

/** A new user whose first upload was stored, though the device believes that it failed. */
async function userWithLostAnswer(localpart: string) {
  const { fetcher, uploads } = losingFetch();
  const device = await OlmDevice.create(clientOf(url, await registerUser(url, localpart), fetcher));
  await assert.rejects(publishKeys(device), /fetch failed/);
  return { device, uploads };
}

test("K3: an upload whose answer was lost is sent again, and its keys are there once", async () => {
  const { device: alice, uploads } = await userWithLostAnswer("alice");
  await alice.sendOutgoingRequests();
  assert.equal(uploads.length, 2);
  assert.deepEqual(JSON.parse(uploads[1]!), JSON.parse(uploads[0]!), "the machine repeats the same keys");
  assert.equal((await alice.sync()).answer.device_one_time_keys_count["signed_curve25519"], 50);

  const bob = await newUser(url, "bob");
  await sendMessage(bob, alice, "one of the repeated keys");
  assert.deepEqual(await receiveMessages(alice), ["one of the repeated keys"]);
  const keys = await claimKeys(bob.client, alice.client.account, 60);
  const oneTimeKeys = keys.filter(({ fallback }) => !fallback);
  assert.deepEqual([oneTimeKeys.length, distinct(oneTimeKeys)], [49, 49]);
});

test("K5: keys that were claimed before the upload is repeated are never issued again", async () => {
  const { device: carol } = await userWithLostAnswer("carol");
  const dave = await newUser(url, "dave");
  const early = await claimKeys(dave.client, carol.client.account, 20);
  await sendMessage(dave, carol, "before the upload is repeated");

  await carol.sendOutgoingRequests();
  const { answer, decrypted } = await carol.sync();
  assert.equal(answer.device_one_time_keys_count["signed_curve25519"], 29, "the 21 issued keys do not come back");
  assert.deepEqual(decrypted[0]?.content, { body: "before the upload is repeated" });

  const late = (await claimKeys(dave.client, carol.client.account, 28)).filter(({ fallback }) => !fallback);
  assert.equal(distinct([...early, ...late]), 48);
  await sendMessage(await anotherDevice(url, "dave"), carol, "by the last one-time key");
  assert.deepEqual(await receiveMessages(carol), ["by the last one-time key"]);
});
