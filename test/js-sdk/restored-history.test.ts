import assert from "node:assert/strict";
import { test } from "node:test";
import { createEncryptedRoom, read, send, untilUnreadable } from "./rooms.ts";
import { startSdkDevices } from "./sdk-devices.ts";
import { until } from "./until.ts";

const devices = await startSdkDevices();

test("a new device reads the history with the recovery key, from the key backup", async () => {
  const [alice, bob] = [await devices.newUser("alice"), await devices.newUser("bob")];
  await alice.setUpEncryption();
  const roomId = await createEncryptedRoom(alice, [bob]);
  const [asked, answered] = [await send(bob, roomId, "A question"), await send(alice, roomId, "An answer")];
  assert.equal(await read(alice, roomId, asked), "A question");
  const backedUp = () => alice.wire.exchangesOf("/room_keys/keys").map(({ body }) => body.rooms[roomId]);
  await until(alice.wire, ["answered"], () => sessionsIn(backedUp()) === 2);

  const laptop = await devices.anotherDevice("alice");
  await untilUnreadable(laptop, roomId, asked);
  laptop.secretStorageKey = alice.secretStorageKey;
  await laptop.crypto.loadSessionBackupPrivateKeyFromSecretStorage();
  const { imported, total } = await laptop.crypto.restoreKeyBackup();
  assert.deepEqual([imported, total], [2, 2]);
  assert.equal(await read(laptop, roomId, asked), "A question");
  assert.equal(await read(laptop, roomId, answered), "An answer");
});

function sessionsIn(rooms: readonly { readonly sessions: object }[]): number {
  return new Set(rooms.flatMap((room) => Object.keys(room?.sessions ?? {}))).size;
}
