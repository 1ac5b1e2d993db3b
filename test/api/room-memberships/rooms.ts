import assert from "node:assert/strict";
import type { Answer, Client } from "../../support/client.ts";

// biome-ignore lint/suspicious/noExplicitAny: contents are looked into freely.
type Json = any;

export const roomVersions = ["10", "11", "12"] as const;

/** Makes a room, and says which. */
export async function newRoom(client: Client, body: object = {}): Promise<string> {
  const { status, body: answer } = await client.post("/createRoom", body);
  assert.equal(status, 200, JSON.stringify(answer));
  return answer.room_id;
}

export function roomPath(roomId: string, rest: string): string {
  return `/rooms/${encodeURIComponent(roomId)}${rest}`;
}

/** What somebody does in a room: joins, leaves, or kicks `user_id`. */
export function act(client: Client, roomId: string, verb: string, body: object = {}): Promise<Answer> {
  return client.post(roomPath(roomId, `/${verb}`), body);
}

/** An event of the room's state, as a client sees it; `undefined` when there is none. */
export async function stateEvent(client: Client, roomId: string, type: string, stateKey = ""): Promise<Json> {
  const { status, body } = await client.get(roomPath(roomId, "/state"));
  assert.equal(status, 200, JSON.stringify(body));
  return body.find((event: Json) => event.type === type && event.state_key === stateKey);
}

export async function stateContent(client: Client, roomId: string, type: string, stateKey = ""): Promise<Json> {
  return (await stateEvent(client, roomId, type, stateKey))?.content;
}

export async function membershipOf(client: Client, roomId: string, userId: string): Promise<string | undefined> {
  return (await stateContent(client, roomId, "m.room.member", userId))?.membership;
}

/** All events of a room that the client sees, the oldest first. */
export async function timeline(client: Client, roomId: string): Promise<Json[]> {
  const { status, body } = await client.get(roomPath(roomId, "/messages?dir=f&limit=1000"));
  assert.equal(status, 200, JSON.stringify(body));
  return body.chunk;
}

export async function joinedRooms(client: Client): Promise<string[]> {
  return (await client.get("/joined_rooms")).body.joined_rooms;
}

export async function succeed(answering: Promise<Answer>): Promise<Json> {
  const { status, body } = await answering;
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

export async function refused(answering: Promise<Answer>, status: number, errcode: string): Promise<Json> {
  const { status: actual, body } = await answering;
  assert.deepEqual([actual, body.errcode], [status, errcode], JSON.stringify(body));
  return body;
}
