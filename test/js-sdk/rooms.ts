import { EventType, KnownMembership, type MatrixEvent, Preset } from "matrix-js-sdk";
import type { SdkDevice } from "./sdk-device.ts";

/** An encrypted room with the guests in it, which everybody has heard of; of the server's version, unless given. */
export async function createEncryptedRoom(
  host: SdkDevice,
  guests: readonly SdkDevice[],
  version?: string,
): Promise<string> {
  const { room_id: roomId } = await host.client.createRoom({
    ...(version !== undefined && { room_version: version }),
    preset: Preset.PrivateChat,
    is_direct: guests.length === 1,
    invite: guests.map(({ userId }) => userId),
    initial_state: [{ type: EventType.RoomEncryption, state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
  });
  for (const guest of guests) await joinWhenInvited(guest, roomId);
  const everybody = [host, ...guests];
  for (const device of everybody) await untilHeard(device, roomId, everybody);
  return roomId;
}

export async function joinWhenInvited(guest: SdkDevice, roomId: string): Promise<void> {
  await guest.until(() => guest.client.getRoom(roomId)?.getMyMembership() === KnownMembership.Invite);
  await guest.client.joinRoom(roomId);
}

/** Waits until a device knows that a room is encrypted, and who its members are. */
export async function untilHeard(
  device: SdkDevice,
  roomId: string,
  members: readonly { readonly userId: string }[],
): Promise<void> {
  await device.until(() => device.crypto.isEncryptionEnabledInRoom(roomId));
  const room = await device.until(() => device.client.getRoom(roomId));
  await room.loadMembersIfNeeded();
  const wanted = new Set(members.map(({ userId }) => userId));
  await device.until(() => {
    const present = room.getJoinedMembers().map(({ userId }) => userId);
    return present.length === wanted.size && present.every((userId) => wanted.has(userId));
  });
}

/** The id of the event. */
export async function send(sender: SdkDevice, roomId: string, text: string): Promise<string> {
  return (await sender.client.sendTextMessage(roomId, text)).event_id;
}

/** The text of a message that a device can decrypt, which it may wait for. */
export async function read(reader: SdkDevice, roomId: string, eventId: string): Promise<string> {
  const event = await reader.until(() => {
    const event = eventIn(reader, roomId, eventId);
    return event?.getType() === EventType.RoomMessage && !event.isDecryptionFailure() && event;
  });
  return event.isEncrypted() ? event.getContent()["body"] : "it was not encrypted";
}

/** Waits until a device has found that it cannot decrypt a message. */
export async function untilUnreadable(reader: SdkDevice, roomId: string, eventId: string): Promise<MatrixEvent> {
  return reader.until(() => {
    const event = eventIn(reader, roomId, eventId);
    return event?.isDecryptionFailure() && event;
  });
}

/** The Megolm session that a message was encrypted with. */
export function sessionOf(device: SdkDevice, roomId: string, eventId: string): string {
  return eventIn(device, roomId, eventId)?.getWireContent()["session_id"];
}

function eventIn({ client }: SdkDevice, roomId: string, eventId: string): MatrixEvent | undefined {
  return client.getRoom(roomId)?.findEventById(eventId);
}
