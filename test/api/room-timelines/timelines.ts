import assert from "node:assert/strict";
import type { Answer, Client } from "../../support/client.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are checked against the specification, and then looked into freely.
export type Json = any;

export function roomPath(roomId: string, ...parts: string[]): string {
  return `/rooms/${[roomId, ...parts].map(encodeURIComponent).join("/")}`;
}

/** As `roomPath`, of the endpoints of version 1. */
export function roomPathV1(roomId: string, ...parts: string[]): string {
  return `/_matrix/client/v1${roomPath(roomId, ...parts)}`;
}

export async function succeed(answering: Promise<Answer>): Promise<Json> {
  const { status, body } = await answering;
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

export async function refused(answering: Promise<Answer>, status: number, errcode: string): Promise<void> {
  const { status: actual, body } = await answering;
  assert.deepEqual([actual, body.errcode], [status, errcode], JSON.stringify(body));
}

export async function newRoom(owner: Client, body: object = {}): Promise<string> {
  return (await succeed(owner.post("/createRoom", { preset: "public_chat", ...body }))).room_id;
}

export async function join(client: Client, roomId: string): Promise<void> {
  await succeed(client.post(roomPath(roomId, "join"), {}));
}

export async function leave(client: Client, roomId: string): Promise<void> {
  await succeed(client.post(roomPath(roomId, "leave"), {}));
}

let transactions = 0;

/** Sends an event that is no state, and gives its id. */
export async function send(client: Client, roomId: string, content: object, type = "m.room.message"): Promise<string> {
  const path = roomPath(roomId, "send", type, `txn${transactions++}`);
  return (await succeed(client.request("PUT", path, content))).event_id;
}

export function say(client: Client, roomId: string, body: string): Promise<string> {
  return send(client, roomId, { msgtype: "m.text", body });
}

/** Says all of it, some at a time: in no particular order. */
export async function sayMany(client: Client, roomId: string, bodies: readonly string[]): Promise<void> {
  for (let start = 0; start < bodies.length; start += 10) {
    await Promise.all(bodies.slice(start, start + 10).map((body) => say(client, roomId, body)));
  }
}

/** Sends something that relates to an event. */
export function relate(
  client: Client,
  roomId: string,
  parent: string,
  relType: string,
  content: object = {},
  type = "m.room.message",
): Promise<string> {
  const relation = { rel_type: relType, event_id: parent };
  return send(client, roomId, { ...content, "m.relates_to": { ...relation, ...relationIn(content) } }, type);
}

function relationIn(content: object): object {
  return (content as { "m.relates_to"?: object })["m.relates_to"] ?? {};
}

export async function setState(
  client: Client,
  roomId: string,
  type: string,
  content: object,
  stateKey = "",
): Promise<string> {
  return (await succeed(client.request("PUT", roomPath(roomId, "state", type, stateKey), content))).event_id;
}

export async function getEvent(client: Client, roomId: string, eventId: string): Promise<Json> {
  return succeed(client.get(roomPath(roomId, "event", eventId)));
}

/** All of a room's history that a client sees, page by page, in the order in which it comes. */
export async function walk(client: Client, roomId: string, query: Record<string, string>): Promise<Json[]> {
  const events: Json[] = [];
  let from: string | undefined = query["from"];
  for (let pages = 0; pages < 200; pages++) {
    const parameters = new URLSearchParams({ ...query, ...(from !== undefined && { from }) });
    const page = await succeed(client.get(`${roomPath(roomId, "messages")}?${parameters}`));
    events.push(...page.chunk);
    if (page.end === undefined) return events;
    from = page.end;
  }
  throw new Error("The history does not end");
}

/** The bodies of the messages among some events. */
export function bodiesIn(events: readonly Json[]): string[] {
  return events.flatMap(({ type, content }) => (type === "m.room.message" ? [content.body] : []));
}

/** A room of two new users. */
export async function roomOfTwo(
  newUser: () => Promise<Client>,
): Promise<{ alice: Client; bob: Client; roomId: string }> {
  const [alice, bob] = [await newUser(), await newUser()];
  const roomId = await newRoom(alice);
  await join(bob, roomId);
  return { alice, bob, roomId };
}

/** The content of a message that takes another's place, beside its relation. */
export function edit(body: string) {
  return { body: `* ${body}`, "m.new_content": { body } };
}
