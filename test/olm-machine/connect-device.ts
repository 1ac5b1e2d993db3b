import { type Account, MatrixClient } from "../../examples/matrix-client.ts";
import { OlmDevice } from "../../examples/olm-device.ts";
import { checkedFetch } from "../openapi/checking-fetch.ts";
import { login, registerUser } from "../support/test-server.ts";

/** A new user's first device, with its keys on the server. */
export async function newUser(url: string, localpart: string): Promise<OlmDevice> {
  return publishKeys(await OlmDevice.create(clientOf(url, await registerUser(url, localpart))));
}

/** One more device of a user, with its keys on the server. */
export async function anotherDevice(url: string, localpart: string): Promise<OlmDevice> {
  return publishKeys(await OlmDevice.create(clientOf(url, await login(url, localpart))));
}

/** A client whose answers are checked against the specification, however they travel. */
export function clientOf(url: string, account: Account, fetcher: typeof fetch = checkedFetch): MatrixClient {
  return new MatrixClient(url, account, fetcher);
}

/** The first sync tells the device that the server has no keys of it. */
export async function publishKeys(device: OlmDevice): Promise<OlmDevice> {
  await device.sync();
  await device.sendOutgoingRequests();
  return device;
}

/** Opens the missing sessions to a device's user and sends it one encrypted message. */
export async function sendMessage(sender: OlmDevice, receiver: OlmDevice, body: string): Promise<void> {
  const { userId, deviceId } = receiver.client.account;
  await sender.learnDevices(userId);
  await sender.claimMissingSessions(userId);
  const encrypted = await sender.encrypt(userId, deviceId, "com.example.message", { body });
  await sender.sendEncrypted(userId, deviceId, encrypted);
}

/** The bodies of the messages that one sync brings; each must be readable. */
export async function receiveMessages(receiver: OlmDevice): Promise<string[]> {
  const { decrypted, unreadable } = await receiver.sync();
  if (unreadable > 0) throw new Error(`${unreadable} messages cannot be decrypted`);
  return decrypted.map(({ content }) => String(content["body"]));
}
