import assert from "node:assert/strict";
import { after } from "node:test";
import { type Answer, type Client, newClient } from "../../support/client.ts";
import { startTestServer } from "../../support/test-server.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely.
export type Json = any;

/** One server for the tests of a file; each test has users of its own. */
export async function serveRooms() {
  const served = await startTestServer();
  after(() => served.close());
  let count = 0;
  return {
    url: served.url,
    /** Users whose names end in one number, which no other call gives. */
    async users(...names: readonly string[]): Promise<Client[]> {
      const number = ++count;
      const clients: Client[] = [];
      for (const name of names) clients.push(await newClient(served.url, `${name}${number}`));
      return clients;
    },
  };
}

export interface SyncOptions {
  readonly since?: string;
  readonly timeout?: number;
  readonly filter?: object;
  readonly full_state?: boolean;
  readonly use_state_after?: boolean;
}

export async function syncOf(client: Client, { filter, ...options }: SyncOptions = {}): Promise<Json> {
  const query = new URLSearchParams({
    ...Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)])),
    ...(filter && { filter: JSON.stringify(filter) }),
  });
  return succeed(client.get(`/sync?${query}`));
}

export async function succeed(answering: Promise<Answer>): Promise<Json> {
  const { status, body } = await answering;
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

export async function newRoom(client: Client, body: object = { preset: "public_chat" }): Promise<string> {
  return (await succeed(client.post("/createRoom", body))).room_id;
}

export function roomPath(roomId: string, rest: string): string {
  return `/rooms/${encodeURIComponent(roomId)}${rest}`;
}

/** What somebody does in a room: joins, leaves, or kicks `user_id`. */
export function act(client: Client, roomId: string, verb: string, body: object = {}): Promise<Json> {
  return succeed(client.post(roomPath(roomId, `/${verb}`), body));
}

let transactions = 0;

/** Sends a text, and says the event's id. */
export async function say(client: Client, roomId: string, body: string, more: object = {}): Promise<string> {
  return send(client, roomId, "m.room.message", { msgtype: "m.text", body, ...more });
}

export async function send(client: Client, roomId: string, type: string, content: object): Promise<string> {
  const path = roomPath(roomId, `/send/${encodeURIComponent(type)}/txn${++transactions}`);
  return (await succeed(client.request("PUT", path, content))).event_id;
}

export async function setState(
  client: Client,
  roomId: string,
  type: string,
  content: object,
  key = "",
): Promise<string> {
  const path = roomPath(roomId, `/state/${encodeURIComponent(type)}/${encodeURIComponent(key)}`);
  return (await succeed(client.request("PUT", path, content))).event_id;
}

/** Of texts the body; of other events their type, and state key where it says something. */
export function told(events: readonly Json[]): string[] {
  return events.map((event) => {
    if (event.type === "m.room.message") return event.content.body ?? "(redacted)";
    if (event.type === "m.room.member") return `${nameOf(event.state_key)}: ${event.content.membership}`;
    return event.state_key ? `${event.type} ${event.state_key}` : event.type;
  });
}

/** Without the number of the test and the server. */
export function nameOf(userId: string): string {
  return userId.slice(1).replace(/\d*:.*/, "");
}

export function texts(room: Json): string[] {
  return told(room.timeline.events.filter((event: Json) => event.type === "m.room.message"));
}

/** The contents of the state after an answer, by type and state key, applied to those before it. */
export function applyState(state: Map<string, Json>, room: Json): void {
  const events = room.state_after ? room.state_after.events : [...room.state.events, ...room.timeline.events];
  for (const event of events) {
    if (event.state_key !== undefined) state.set(`${event.type} ${event.state_key}`, event.event_id);
  }
}

/** The ids of the state as the server has it, by type and state key. */
export async function stateOf(client: Client, roomId: string): Promise<Map<string, Json>> {
  const events = await succeed(client.get(roomPath(roomId, "/state")));
  return new Map(events.map((event: Json) => [`${event.type} ${event.state_key}`, event.event_id]));
}
