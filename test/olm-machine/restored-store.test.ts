import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { KeysUploadRequest } from "@matrix-org/matrix-sdk-crypto-wasm";
import { RequestType } from "@matrix-org/matrix-sdk-crypto-wasm";
import { RefusedError } from "../../examples/matrix-client.ts";
import { OlmDevice } from "../../examples/olm-device.ts";
import { registerUser, startTestServer } from "../support/test-server.ts";
import { claimKeys, distinct } from "./claim-key.ts";
import { clientOf, newUser, publishKeys } from "./connect-device.ts";
import { makeBackup, restore } from "./store-backup.ts";

const server = await startTestServer();
after(() => server.close());
const { url } = server;

type UploadedKeys = Record<string, { key: string }>;

/** What a device wants to upload; undefined where it wants nothing. */
async function pendingUpload(device: OlmDevice): Promise<KeysUploadRequest | undefined> {
  const requests = await device.machine.outgoingRequests();
  return requests.find((request) => request.type === RequestType.KeysUpload) as KeysUploadRequest | undefined;
}

/**
 * A device that was backed up, went on, uploaded further keys, and then lost its disk: `original` is as it was before
 * that, and `restored` the same device out of the backup. 20 one-time keys were issued, 50 are on the server.
 */
async function restoredDevice(localpart: string, claimer: OlmDevice) {
  const client = clientOf(url, await registerUser(url, localpart));
  const backup = makeBackup(50);
  const original = await publishKeys(new OlmDevice(client, await restore(backup, client.account)));
  const issued = await claimKeys(claimer.client, client.account, 20);
  await publishKeys(original);
  const restored = new OlmDevice(client, await restore(backup, client.account));
  return { original, restored, issued };
}

test("K3, K5: a restored device may upload again what it had in the backup; what was issued does not come back", async () => {
  const bob = await newUser(url, "bob");
  const { restored, issued } = await restoredDevice("alice", bob);
  await restored.sendOutgoingRequests();
  const { answer } = await restored.sync();
  assert.equal(answer.device_one_time_keys_count["signed_curve25519"], 50);
  const later = (await claimKeys(bob.client, restored.client.account, 51)).filter(({ fallback }) => !fallback);
  assert.deepEqual([later.length, distinct([...issued, ...later])], [50, 70]);
});

test("K4: new keys under ids that are in the pool are refused whole, in the words that clients parse", async () => {
  const bob = await newUser(url, "bert");
  const { original, restored } = await restoredDevice("anna", bob);
  await publishKeys(restored);
  await claimKeys(bob.client, restored.client.account, 3);
  await restored.sync();

  const upload = await pendingUpload(restored);
  assert.ok(upload);
  const uploaded = JSON.parse(upload.body)["one_time_keys"] as UploadedKeys;
  assert.equal(Object.keys(uploaded).length, 3, "the restored device fills the pool up again");
  const refused = await restored.deliver(upload).catch((error: unknown) => error);
  assert.ok(refused instanceof RefusedError);
  assert.equal(refused.status, 400);
  assert.equal(refused.body["errcode"], "io.github.johennes.msc4420.M_DUPLICATE_ONE_TIME_KEY");
  const conflicts = refused.body["io.claviger.conflicts"] as string[];
  assert.deepEqual([...conflicts].sort(), Object.keys(uploaded).sort());
  const { id, oldKey, newKey } = parseAsClientsDo(String(refused.body["error"]));
  assert.ok(conflicts.includes(id));
  assert.equal(newKey.key, uploaded[id]!.key);
  assert.notEqual(oldKey.key, newKey.key);

  const repeated = await restored.deliver(upload).catch((error: unknown) => error);
  assert.deepEqual((repeated as RefusedError).body, refused.body, "a client that tries again gets the same answer");

  const { answer } = await original.sync();
  assert.equal(answer.device_one_time_keys_count["signed_curve25519"], 47, "nothing of the refused upload was stored");
  const left = (await claimKeys(bob.client, restored.client.account, 48)).filter(({ fallback }) => !fallback);
  assert.equal(distinct(left), 47);
  assert.equal(left.find((key) => key.id === id)?.key, oldKey.key, "the earlier key is still the one that is served");
  for (const refusedKey of Object.values(uploaded)) assert.ok(left.every(({ key }) => key !== refusedKey.key));

  await restored.deliver(upload);
  assert.equal(
    (await restored.sync()).answer.device_one_time_keys_count["signed_curve25519"],
    3,
    "issued ids do not clash",
  );
});

/** As matrix-rust-sdk does: crates/matrix-sdk/src/encryption/mod.rs, DuplicateOneTimeKeyErrorMessage. */
function parseAsClientsDo(error: string) {
  const sides = error.split(";");
  assert.equal(sides.length, 2, error);
  const [before = "", oldKey = ""] = sides[0]!.split("Old key:");
  const newKey = sides[1]!.trim().replace(/^new key:/, "");
  return {
    id: before.match(/One time key (\S+) already exists\./)?.[1] ?? "",
    oldKey: JSON.parse(oldKey) as { key: string },
    newKey: JSON.parse(newKey) as { key: string },
  };
}
