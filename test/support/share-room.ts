import assert from "node:assert/strict";
import type { Client } from "./client.ts";

/** A new room of the first client that the others have joined. */
export async function shareRoom(owner: Client, ...others: Client[]): Promise<string> {
  const created = await owner.post("/createRoom", { preset: "public_chat" });
  assert.equal(created.status, 200, JSON.stringify(created.body));
  const roomId: string = created.body.room_id;
  for (const other of others) {
    const joined = await other.post(`/join/${encodeURIComponent(roomId)}`, {});
    assert.equal(joined.status, 200, JSON.stringify(joined.body));
  }
  return roomId;
}
