import assert from "node:assert/strict";
import { after, test } from "node:test";
import { BackupDecryptionKey, type KeysBackupRequest, RequestType, RoomId } from "@matrix-org/matrix-sdk-crypto-wasm";
import type { OlmDevice } from "../../examples/olm-device.ts";
import { decryptInRoom, encryptForRoom, shareRoomKey } from "../appservices/room-messages.ts";
import { startTestServer } from "../support/test-server.ts";
import { anotherDevice, newUser } from "./connect-device.ts";

const server = await startTestServer();
after(() => server.close());
const { url } = server;

const rooms = ["!one:localhost", "!two:localhost", "!three:localhost"];

/** Makes a backup for a device, which uses it from now on; gives what decrypts it, and its version. */
async function makeBackup(device: OlmDevice) {
  const decryptionKey = BackupDecryptionKey.createRandomKey();
  const { algorithm, publicKeyBase64 } = decryptionKey.megolmV1PublicKey;
  const unsigned = { public_key: publicKeyBase64 };
  const signatures = await device.machine.sign(JSON.stringify(unsigned));
  const auth_data = { ...unsigned, signatures: JSON.parse(signatures.asJSON()) };
  const answer = await device.client.send("POST", "/room_keys/version", { algorithm, auth_data });
  const { version } = JSON.parse(answer) as { version: string };
  await device.machine.enableBackupV1(publicKeyBase64, version);
  return { decryptionKey, version };
}

/** Uploads what the device has not backed up yet; gives the count of keys on the server. */
async function backUp({ machine, client }: OlmDevice): Promise<number> {
  let count = 0;
  for (;;) {
    const request = (await machine.backupRoomKeys()) as KeysBackupRequest | undefined;
    if (!request) return count;
    const answer = await client.send("PUT", `/room_keys/keys?version=${request.version}`, request.body);
    ({ count } = JSON.parse(answer) as { count: number });
    await machine.markRequestAsSent(request.id, RequestType.KeysBackup, answer);
  }
}

interface StoredRooms {
  readonly rooms: Record<string, { sessions: Record<string, { session_data: Record<string, string> }> }>;
}

/** Takes all keys of the backup into a device. */
async function restoreBackup(device: OlmDevice, key: BackupDecryptionKey, version: string) {
  const { rooms } = JSON.parse(await device.client.send("GET", `/room_keys/keys?version=${version}`)) as StoredRooms;
  const byRoom = new Map<RoomId, Map<string, unknown>>();
  for (const [roomId, { sessions }] of Object.entries(rooms)) {
    const keys = Object.entries(sessions).map(([sessionId, { session_data }]) => {
      const { ephemeral = "", mac = "", ciphertext = "" } = session_data;
      return [sessionId, JSON.parse(key.decryptV1(ephemeral, mac, ciphertext))] as const;
    });
    byRoom.set(new RoomId(roomId), new Map(keys));
  }
  return device.machine.importBackedUpRoomKeys(byRoom, () => undefined, version);
}

test("a new device restores the backup of an old one, and reads what the old one could", async () => {
  const alice = await newUser(url, "alice");
  const bob = await newUser(url, "bob");
  const { decryptionKey, version } = await makeBackup(alice);
  const events = new Map<string, string>();
  for (const room of rooms) {
    await shareRoomKey(bob, room, [alice.client.account.userId]);
    events.set(room, await encryptForRoom(bob, room, `said in ${room}`));
  }
  await alice.sync();
  for (const [room, event] of events) assert.equal(await decryptInRoom(alice, room, event), `said in ${room}`);
  assert.equal(await backUp(alice), 3);
  assert.equal(await backUp(alice), 0, "nothing is left to be backed up");

  const laptop = await anotherDevice(url, "alice");
  const info = JSON.parse(await laptop.client.send("GET", "/room_keys/version"));
  assert.deepEqual([info.version, info.count], [version, 3]);
  assert.equal(info.auth_data.public_key, decryptionKey.megolmV1PublicKey.publicKeyBase64);
  for (const [room, event] of events) await assert.rejects(decryptInRoom(laptop, room, event));
  const restored = await restoreBackup(laptop, BackupDecryptionKey.fromBase64(decryptionKey.toBase64()), version);
  assert.deepEqual([restored.importedCount, restored.totalCount], [3, 3]);
  for (const [room, event] of events) assert.equal(await decryptInRoom(laptop, room, event), `said in ${room}`);
});

test("two devices fill one backup, and with a new version each uploads everything anew", async () => {
  const carol = await newUser(url, "carol");
  const dave = await newUser(url, "dave");
  const { decryptionKey, version } = await makeBackup(carol);
  const tablet = await anotherDevice(url, "carol");
  await tablet.machine.enableBackupV1(decryptionKey.megolmV1PublicKey.publicKeyBase64, version);
  const [room = ""] = rooms;
  await carol.sync();
  await shareRoomKey(dave, room, [carol.client.account.userId]);
  const event = await encryptForRoom(dave, room, "to both");
  for (const device of [carol, tablet]) await device.sync();
  assert.equal(await decryptInRoom(tablet, room, event), "to both");
  assert.deepEqual([await backUp(carol), await backUp(tablet)], [1, 1], "both have the same session");

  await carol.machine.disableBackup();
  const second = await makeBackup(carol);
  await assert.rejects(tablet.client.send("PUT", `/room_keys/keys?version=${version}`, { rooms: {} }), {
    body: {
      errcode: "M_WRONG_ROOM_KEYS_VERSION",
      error: "Keys go into the backup that was made last",
      current_version: second.version,
    },
  });
  assert.equal(await backUp(carol), 1);
  const laptop = await anotherDevice(url, "carol");
  await restoreBackup(laptop, second.decryptionKey, second.version);
  assert.equal(await decryptInRoom(laptop, room, event), "to both");
});
