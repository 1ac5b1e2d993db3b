import type { OlmDevice } from "../../examples/olm-device.ts";

/** From now on the users of these devices share a room, and hear of each other's devices; gives the room's id. */
export async function meetInRoom(owner: OlmDevice, ...others: readonly OlmDevice[]): Promise<string> {
  const created = await owner.client.send("POST", "/createRoom", { preset: "public_chat" });
  const roomId: string = JSON.parse(created).room_id;
  for (const { client } of others) await client.send("POST", `/join/${encodeURIComponent(roomId)}`, {});
  return roomId;
}
