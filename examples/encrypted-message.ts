// Sends an encrypted message from one user to another, through a running server:
//
//   npm run --silent example -- --server http://127.0.0.1:8008 --as alice:PASSWORD --to bob:PASSWORD "Hello"
//
// Without arguments: that server, alice:alice and bob:bob. `npm run --silent claviger -- register -u alice -p alice`
// makes a user. Each run logs in two new devices and logs them out again.
import { parseArgs } from "node:util";
import { MatrixClient } from "./matrix-client.ts";
import { OlmDevice } from "./olm-device.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    server: { type: "string", default: "http://127.0.0.1:8008" },
    as: { type: "string", default: "alice:alice" },
    to: { type: "string", default: "bob:bob" },
  },
});
const text = positionals[0] ?? "Hello";
const loggedIn: MatrixClient[] = [];

try {
  const alice = await newDevice(values.as);
  const bob = await newDevice(values.to);
  await sendMessage(alice, bob);
  await receiveMessage(bob);
} catch (error) {
  console.error(error instanceof Error ? explain(error) : error);
  process.exitCode = 1;
} finally {
  await Promise.allSettled(loggedIn.map((client) => client.send("POST", "/logout", {})));
}
if (process.exitCode !== 1) console.log("Both devices are logged out; the server has deleted their keys.");

/** Logs in, makes keys and uploads their public parts. */
async function newDevice(credentials: string): Promise<OlmDevice> {
  const [user = "", ...password] = credentials.split(":");
  const client = await MatrixClient.login(values.server, user, password.join(":"));
  loggedIn.push(client);
  const device = await OlmDevice.create(client);
  // The first sync tells the device that the server has no keys of it yet.
  await device.sync();
  await device.sendOutgoingRequests();
  const { answer } = await device.sync();
  const oneTimeKeys = answer.device_one_time_keys_count["signed_curve25519"];
  const { userId, deviceId } = client.account;
  console.log(`${userId} is logged in with the new device ${deviceId}.`);
  console.log(`  It uploaded its device keys, ${oneTimeKeys} one-time keys and a fallback key.`);
  return device;
}

async function sendMessage(sender: OlmDevice, receiver: OlmDevice): Promise<void> {
  const { userId, deviceId } = receiver.client.account;
  await sender.learnDevices(userId);
  console.log(`${sender.client.account.userId} asked for the devices of ${userId} (keys/query).`);
  await sender.claimMissingSessions(userId);
  console.log(`  It claimed a one-time key of each (keys/claim), and has a session with ${deviceId} now.`);
  const encrypted = await sender.encrypt(userId, deviceId, "com.example.message", { body: text });
  await sender.sendEncrypted(userId, deviceId, encrypted);
  console.log(`  It sent a message that the server cannot read: ${JSON.stringify(encrypted).slice(0, 100)}...`);
}

async function receiveMessage(receiver: OlmDevice): Promise<void> {
  const { decrypted } = await receiver.sync(10_000);
  const message = decrypted.find(({ type }) => type === "com.example.message");
  if (message === undefined) throw new Error("no message arrived that could be decrypted");
  console.log(`${receiver.client.account.userId} received it and decrypted: ${message.content["body"]}`);
}

/** `fetch` hides what went wrong with a connection in the cause. */
function explain({ message, cause }: Error): string {
  return cause instanceof Error ? `${values.server}: ${cause.message}` : message;
}
