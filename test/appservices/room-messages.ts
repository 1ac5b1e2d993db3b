import {
  DecryptionSettings,
  EncryptionSettings,
  RoomId,
  TrustRequirement,
  UserId,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import type { OlmDevice } from "../../examples/olm-device.ts";

/** Sends the key of a room's messages to the devices of users, each encrypted for it. */
export async function shareRoomKey(sender: OlmDevice, roomId: string, userIds: readonly string[]): Promise<void> {
  await sender.learnDevices(...userIds);
  await sender.claimMissingSessions(...userIds);
  const users = userIds.map((userId) => new UserId(userId));
  const requests = await sender.machine.shareRoomKey(new RoomId(roomId), users, new EncryptionSettings());
  for (const request of requests) await sender.deliver(request);
}

/** The event that a room would have; the room's key is shared. */
export async function encryptForRoom(sender: OlmDevice, roomId: string, body: string): Promise<string> {
  const content = JSON.stringify({ msgtype: "m.text", body });
  const encrypted = await sender.machine.encryptRoomEvent(new RoomId(roomId), "m.room.message", content);
  return JSON.stringify({
    type: "m.room.encrypted",
    event_id: "$event",
    room_id: roomId,
    sender: sender.client.account.userId,
    origin_server_ts: 1,
    content: JSON.parse(encrypted),
  });
}

/** The text of a room's event. */
export async function decryptInRoom(receiver: OlmDevice, roomId: string, event: string): Promise<string> {
  const anybody = new DecryptionSettings(TrustRequirement.Untrusted);
  const decrypted = await receiver.machine.decryptRoomEvent(event, new RoomId(roomId), anybody);
  return JSON.parse(decrypted.event).content.body;
}
