import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { CrossSigningBootstrapRequests, SignatureUploadRequest } from "@matrix-org/matrix-sdk-crypto-wasm";
import { DeviceId, UserId } from "@matrix-org/matrix-sdk-crypto-wasm";
import { RefusedError } from "../../examples/matrix-client.ts";
import type { OlmDevice } from "../../examples/olm-device.ts";
import { startTestServer } from "../support/test-server.ts";
import { anotherDevice, newUser } from "./connect-device.ts";

const server = await startTestServer();
after(() => server.close());
const { url } = server;

const uploadKeys = (device: OlmDevice, body: object | string) =>
  device.client.send("POST", "/keys/device_signing/upload", body);

/** Uploads signatures, all of which have to be accepted. */
async function uploadSignatures(device: OlmDevice, request: SignatureUploadRequest): Promise<void> {
  const answer = JSON.parse(await device.client.send("POST", "/keys/signatures/upload", request.body));
  assert.deepEqual(answer, { failures: {} });
}

/** Makes a user's cross-signing keys on one device, and uploads them without authentication. */
async function bootstrap(device: OlmDevice): Promise<CrossSigningBootstrapRequests> {
  const requests = await device.machine.bootstrapCrossSigning(true);
  assert.equal(await uploadKeys(device, requests.uploadSigningKeysRequest.body), "{}");
  await uploadSignatures(device, requests.uploadSignaturesRequest);
  return requests;
}

/** How `viewer` sees a device, after asking the server. */
async function seen(viewer: OlmDevice, device: OlmDevice) {
  const { userId, deviceId } = device.client.account;
  await viewer.deliver(viewer.machine.queryKeysForUsers([new UserId(userId)]));
  const found = await viewer.machine.getDevice(new UserId(userId), new DeviceId(deviceId));
  const identity = await viewer.machine.getIdentity(new UserId(userId));
  return { signed: found?.isCrossSignedByOwner(), identity };
}

/** The ids of the keys by which the owner has signed a device, in the server's answer. */
async function servedSignatures(viewer: OlmDevice, device: OlmDevice): Promise<string[]> {
  const { userId, deviceId } = device.client.account;
  const text = await viewer.client.send("POST", "/keys/query", { device_keys: { [userId]: [deviceId] } });
  return Object.keys(JSON.parse(text).device_keys[userId][deviceId].signatures[userId]);
}

test("X1: first cross-signing keys need no authentication, and the same upload again neither", async () => {
  const alice = await newUser(url, "alice");
  const { uploadSigningKeysRequest } = await bootstrap(alice);
  assert.equal(await uploadKeys(alice, uploadSigningKeysRequest.body), "{}");
  assert.equal((await seen(await newUser(url, "ann"), alice)).signed, true);
});

test("X1, X4: a reset needs the password, and then the old identity and its signatures are gone", async () => {
  const bob = await newUser(url, "bob");
  await bootstrap(bob);
  const witness = await newUser(url, "bea");
  const { identity: before } = await seen(witness, bob);

  const reset = await bob.machine.bootstrapCrossSigning(true);
  const { body } = reset.uploadSigningKeysRequest;
  const refused = await uploadKeys(bob, body).catch((error: unknown) => error);
  assert.ok(refused instanceof RefusedError);
  assert.equal(refused.status, 401);
  const { flows, session } = refused.body as { flows: { stages: string[] }[]; session: string };
  assert.ok(flows.some(({ stages }) => stages.length === 1 && stages[0] === "m.login.password"));
  assert.equal((await seen(witness, bob)).identity?.masterKey, before?.masterKey, "nothing has changed yet");

  const identifier = { type: "m.id.user", user: bob.client.account.userId };
  const auth = { type: "m.login.password", identifier, password: "bob-password", session };
  assert.equal(await uploadKeys(bob, { ...JSON.parse(body), auth }), "{}");
  const between = await seen(witness, bob);
  assert.notEqual(between.identity?.masterKey, before?.masterKey);
  assert.equal(between.signed, false);
  assert.deepEqual(await servedSignatures(witness, bob), [`ed25519:${bob.client.account.deviceId}`]);
  await uploadSignatures(bob, reset.uploadSignaturesRequest);
  assert.equal((await seen(witness, bob)).signed, true);
});

test("X1: with a wrong password the reset is refused, and the stored keys stay", async () => {
  const carol = await newUser(url, "carol");
  await bootstrap(carol);
  const { masterKey } = (await seen(carol, carol)).identity!;
  const reset = await carol.machine.bootstrapCrossSigning(true);
  const identifier = { type: "m.id.user", user: "carol" };
  const asked = JSON.parse(reset.uploadSigningKeysRequest.body);
  const { body } = (await uploadKeys(carol, asked).catch((error: unknown) => error)) as RefusedError;
  const auth = { type: "m.login.password", identifier, password: "guess", session: body["session"] };
  await assert.rejects(uploadKeys(carol, { ...asked, auth }), { status: 401 });
  assert.equal((await seen(await newUser(url, "cleo"), carol)).identity?.masterKey, masterKey);
});

test("X5, X6: a signed device shows to its owner's other devices, whose device lists tell of the change", async () => {
  const dave = await newUser(url, "dave");
  await bootstrap(dave);
  const second = await anotherDevice(url, "dave");
  const { userId, deviceId } = second.client.account;
  await second.learnDevices(userId);
  await second.sync();

  assert.equal((await seen(dave, second)).signed, false);
  const found = await dave.machine.getDevice(new UserId(userId), new DeviceId(deviceId));
  await uploadSignatures(dave, await found!.verify());

  const { answer } = await second.sync();
  assert.deepEqual(answer.device_lists?.changed, [userId]);
  await second.sendOutgoingRequests();
  const itself = await second.machine.getDevice(new UserId(userId), new DeviceId(deviceId));
  assert.equal(itself?.isCrossSignedByOwner(), true, "the changed list made the machine query again");
});

test("X6: whoever verifies another user is told so, shares no room with them, and sees them verified", async () => {
  const erin = await newUser(url, "erin");
  const frank = await newUser(url, "frank");
  await bootstrap(erin);
  await bootstrap(frank);
  const other = frank.client.account.userId;
  await erin.learnDevices(erin.client.account.userId, other);
  await erin.sync();

  const { identity } = await seen(erin, frank);
  assert.equal(identity?.isVerified(), false);
  await uploadSignatures(erin, await identity!.verify());
  const { answer } = await erin.sync();
  assert.deepEqual(answer.device_lists?.changed, [other]);
  await erin.sendOutgoingRequests();
  assert.equal((await erin.machine.getIdentity(new UserId(other)))?.isVerified(), true);

  // A further signature by the owner, so that the served key is written anew.
  const second = await anotherDevice(url, "frank");
  await uploadSignatures(second, await (await seen(second, frank)).identity!.verify());
  const { identity: ownView } = await seen(frank, frank);
  const signers = Object.keys(JSON.parse(ownView!.masterKey).signatures ?? {});
  assert.deepEqual(signers, [other], "Q3: a signature by another's user-signing key is shown to nobody else");
});

test("X6: a trusted device gives another one the keys, and that one then sees the same users verified", async () => {
  const gina = await newUser(url, "gina");
  const henry = await newUser(url, "henry");
  await bootstrap(gina);
  await bootstrap(henry);
  await uploadSignatures(gina, await (await seen(gina, henry)).identity!.verify());

  const second = await anotherDevice(url, "gina");
  await seen(second, gina);
  const keys = await gina.machine.exportCrossSigningKeys();
  await second.machine.importCrossSigningKeys(keys?.masterKey, keys?.self_signing_key, keys?.userSigningKey);
  await uploadSignatures(second, await (await seen(second, gina)).identity!.verify());
  assert.equal((await seen(second, henry)).identity?.isVerified(), true);
});
