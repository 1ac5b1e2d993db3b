import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../support/client.ts";
import { createEncryptedRoom, read, send, untilHeard } from "./rooms.ts";
import type { SdkDevice } from "./sdk-device.ts";
import { startSdkDevices } from "./sdk-devices.ts";
import { until } from "./until.ts";

const devices = await startSdkDevices();
const newDevices = 4;

test("S1: what others claim of a device's one-time keys while they talk is refilled, up to 50", async () => {
  const [alice, bob] = [await devices.newUser("alice"), await devices.newUser("bob")];
  const roomId = await createEncryptedRoom(alice, [bob]);
  for (let count = 1; count <= newDevices; count++) {
    const device = await devices.anotherDevice("bob");
    await untilHeard(device, roomId, [alice, bob]);
    const text = `a word from device ${count}`;
    assert.equal(await read(alice, roomId, await send(device, roomId, text)), text);
  }
  await until(alice.wire, ["answered"], () => uploadedKeys(alice) >= 50 + newDevices);
  const { body } = await new Client(devices.url, alice.account).upload({});
  assert.deepEqual(body.one_time_key_counts, { signed_curve25519: 50 });
});

/** How many one-time keys a device has uploaded in all. */
function uploadedKeys({ wire }: SdkDevice): number {
  return wire
    .exchangesOf("/keys/upload")
    .reduce((sum, { body }) => sum + Object.keys(body.one_time_keys ?? {}).length, 0);
}
