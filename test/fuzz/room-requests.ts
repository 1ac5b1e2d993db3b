import fc from "fast-check";
import { clientEndpoints } from "../../src/api/client/endpoints.ts";
import type { Client } from "../support/client.ts";
import { escaped, type HostileRequest, mutation, pick } from "./hostile-request.ts";
import { brokenEscapes, hostileBodies, hostileNames, hostileValues } from "./hostile-text.ts";
import { type Mutation, mutateJson } from "./mutate-json.ts";

/** A room that is attacked, by members of it and by others. */
export interface AttackedRoom {
  readonly roomId: string;
  readonly alias: string;
  /** Of a message, and of a state event. */
  readonly eventIds: readonly [string, string];
  /** Has made it. */
  readonly mallory: Client;
  /** Is in it. */
  readonly bob: Client;
  /** Is not. */
  readonly eve: Client;
  /** Of Mallory's syncs, and of pages of the room. */
  readonly tokens: readonly string[];
}

/** What fast-check chooses and shrinks: numbers, each taken modulo what there is. */
export interface RoomRecipe {
  readonly endpoint: number;
  readonly path: number;
  readonly who: number;
  /** What stands for each variable of the path; up to 5 are values that fit. */
  readonly variables: readonly number[];
  readonly queries: readonly { readonly name: number; readonly value: number }[];
  readonly body: number;
  readonly mutations: readonly Mutation[];
  /** 0: the body as it is; else one of those that are no JSON. */
  readonly spoiled: number;
}

const relation = (relType: string, eventId: string) => ({ rel_type: relType, event_id: eventId, key: "k" });

/** Bodies that a client might send, by operation. */
const bodiesOf: Readonly<Record<string, (room: AttackedRoom) => readonly object[]>> = {
  ban: ({ bob, eve }) => [{ user_id: eve.userId, reason: "r" }, { user_id: bob.userId }],
  createRoom: ({ bob }) => [
    { room_version: "12", preset: "public_chat", invite: [bob.userId], name: "n", topic: "t", is_direct: true },
    { room_version: "11", initial_state: [{ type: "m.x", state_key: "", content: { a: 1 } }], visibility: "private" },
    {
      power_level_content_override: { users: {}, events: { a: 1 } },
      creation_content: { "m.federate": false, type: "x" },
    },
    { room_version: "10", room_alias_name: "new", power_level_content_override: { state_default: 50 } },
  ],
  inviteUser: ({ eve }) => [{ user_id: eve.userId, reason: "r" }],
  joinRoom: () => [{ reason: "r" }],
  joinRoomById: () => [
    { reason: "r" },
    { third_party_signed: { mxid: "@a:b", sender: "x", token: "t", signatures: {} } },
  ],
  kick: ({ eve }) => [{ user_id: eve.userId, reason: "r" }],
  postReceipt: () => [{ thread_id: "main" }, {}],
  redactEvent: () => [{ reason: "r" }],
  sendMessage: ({ eventIds: [eventId] }) => [
    { msgtype: "m.text", body: "x", format: "org.matrix.custom.html", formatted_body: "<b>x</b>" },
    { algorithm: "m.megolm.v1.aes-sha2", ciphertext: "C", session_id: "S", device_id: "D", sender_key: "K" },
    { body: "x", "m.relates_to": relation("m.annotation", eventId) },
    { body: "x", "m.new_content": { body: "y" }, "m.relates_to": relation("m.replace", eventId) },
    { body: "x", "m.relates_to": { ...relation("m.thread", eventId), "m.in_reply_to": { event_id: eventId } } },
    { redacts: eventId, reason: "r" },
  ],
  setAccountDataPerRoom: () => [{ a: { b: [1, "c"] } }],
  setProfileField: () => [{ displayname: "M" }, { avatar_url: "mxc://a/b" }],
  setReadMarker: ({ eventIds: [eventId] }) => [
    { "m.fully_read": eventId, "m.read": eventId, "m.read.private": eventId },
  ],
  setRoomAlias: ({ roomId }) => [{ room_id: roomId }],
  setRoomStateWithKey: ({ mallory, alias }) => [
    { membership: "join", displayname: "M", avatar_url: "mxc://a/b" },
    { users: { [mallory.userId]: 100 }, events: { "m.room.name": 50 }, state_default: 50, notifications: { room: 50 } },
    { join_rule: "restricted", allow: [{ type: "m.room_membership", room_id: "!x:localhost" }] },
    { algorithm: "m.megolm.v1.aes-sha2", rotation_period_ms: 1 },
    { alias, alt_aliases: [alias] },
    { topic: "t", "m.topic": { "m.text": [{ body: "t" }] } },
  ],
  setRoomTag: () => [{ order: 0.5 }],
  setTyping: () => [{ typing: true, timeout: 1 }, { typing: false }],
  unban: ({ eve }) => [{ user_id: eve.userId, reason: "r" }],
};

/** Of rooms, or about them. */
const aboutRooms = /\/(rooms\/|createRoom|join|knock|directory\/room|sync$|profile\/)/;
export const roomEndpoints = clientEndpoints.filter(({ paths }) => paths.some((path) => aboutRooms.test(path)));

/** Those that write have more that can go wrong. */
const targets = roomEndpoints.flatMap((endpoint) => {
  return Array.from({ length: endpoint.operationId in bodiesOf ? 3 : 1 }, () => endpoint);
});

const number = fc.nat({ max: 1000 });
const fitting = fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 5 }) }, number);

export const roomRecipes: fc.Arbitrary<RoomRecipe> = fc.record({
  endpoint: fc.nat({ max: targets.length - 1 }),
  path: number,
  who: number,
  variables: fc.array(fitting, { minLength: 4, maxLength: 4 }),
  queries: fc.array(fc.record({ name: number, value: fitting }), { maxLength: 3 }),
  body: number,
  mutations: fc.array(mutation, { maxLength: 2 }),
  spoiled: fc.oneof({ weight: 12, arbitrary: fc.constant(0) }, number),
});

/** Each endpoint once, asked as it should be. */
export const decentRecipes: readonly RoomRecipe[] = roomEndpoints.map((endpoint) => ({
  ...{ endpoint: targets.indexOf(endpoint), path: 0, who: 0, body: 0, spoiled: 0 },
  ...{ variables: [0, 0, 0, 0], queries: [], mutations: [] },
}));

/** Parameters without which a request does not get far. */
const requiredQueries: Readonly<Record<string, readonly string[]>> = {
  getEventByTimestamp: ["ts=1", "dir=f"],
  getRoomEvents: ["dir=b"],
};

export function roomRequestOf(recipe: RoomRecipe, room: AttackedRoom): HostileRequest {
  const { operationId, method, paths } = pick(targets, recipe.endpoint);
  const chosen = recipe.queries.map(({ name, value }) => queryOf(name, value, room));
  const named = new Set(chosen.map((query) => query.split("=")[0]));
  const required = ["timeout=0", ...(requiredQueries[operationId] ?? [])];
  const query = [...required.filter((one) => !named.has(one.split("=")[0])), ...chosen].join("&");
  return {
    ...{ operationId, method, path: `${pathOf(pick(paths, recipe.path), recipe.variables, room)}?${query}` },
    headers: authorizationOf(recipe.who, room),
    body: method === "GET" ? undefined : bodyOf(operationId, recipe, room),
  };
}

function authorizationOf(who: number, { mallory, bob, eve }: AttackedRoom): Record<string, string> {
  const clients = [...Array<Client>(8).fill(mallory), ...Array<Client>(3).fill(bob), eve];
  const tokens = [...clients.map(({ account }) => account.accessToken), "nonsense", undefined];
  const token = tokens[who % tokens.length];
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function pathOf(pattern: string, choices: readonly number[], room: AttackedRoom): string {
  let variable = 0;
  return pattern.replaceAll(/:(\w+)/g, (_, name: string) => variableOf(name, choices[variable++] ?? 0, room));
}

const eventTypes = ["m.room.message", "m.room.member", "m.room.power_levels", "m.room.topic", "m.room.join_rules"];
const otherTypes = ["m.room.redaction", "m.room.create", "m.room.encryption", "m.reaction", "m.room.canonical_alias"];

function variableOf(name: string, choice: number, room: AttackedRoom): string {
  const { roomId, alias, eventIds, mallory, bob, eve } = room;
  const fitting: Readonly<Record<string, readonly string[]>> = {
    ...{ roomId: [roomId, roomId, roomId, roomId, roomId, "!none:localhost"], roomAlias: [alias, "#new:localhost"] },
    ...{ roomIdOrAlias: [roomId, alias, "#none:localhost"], eventId: [...eventIds, "$none"], txnId: [String(choice)] },
    ...{ eventType: eventTypes, stateKey: ["", mallory.userId, bob.userId, eve.userId], relType: ["m.thread", "m.x"] },
    ...{ receiptType: ["m.read", "m.read.private", "m.fully_read"], userId: [mallory.userId, bob.userId] },
    ...{ type: ["m.x", "m.fully_read", "m.tag"], tag: ["u.x", "m.favourite"], keyName: ["displayname", "avatar_url"] },
  };
  if (choice <= 5) return escaped(pick(fitting[name] ?? [""], choice));
  return pick([...otherTypes.map(escaped), ...hostileNames.map(escaped), ...brokenEscapes], choice);
}

const queryNames: readonly string[] = [
  ...["limit", "limit", "dir", "from", "to", "since", "filter", "at", "membership", "not_membership", "ts", "via"],
  ...["recurse", "include", "format", "full_state", "use_state_after", "set_presence", "thread_id"],
];

const filters: readonly string[] = [
  '{"room":{"timeline":{"limit":1000000}}}',
  '{"room":{"state":{"lazy_load_members":true},"rooms":[],"not_rooms":["!x"]}}',
  '{"types":["m.*","*"],"not_senders":["@x:localhost"],"contains_url":false,"limit":0}',
];

function queryOf(name: number, choice: number, { tokens, roomId, mallory }: AttackedRoom): string {
  const fitting = [...tokens, "b", "f", "join", "0", "1", "5", "999999999999", "event", "all", "true", roomId];
  const values = [...fitting, mallory.userId, ...filters, ...hostileNames, ...hostileValues.slice(0, 60)];
  const broken = brokenEscapes[choice % 40];
  return `${pick(queryNames, name)}=${broken ?? escaped(pick(values, choice * 7 + name)).slice(0, 9000)}`;
}

function bodyOf(operationId: string, recipe: RoomRecipe, room: AttackedRoom): Buffer {
  const bodies = bodiesOf[operationId]?.(room) ?? [{}];
  const text = mutateJson(JSON.stringify(pick(bodies, recipe.body)), recipe.mutations);
  return recipe.spoiled === 0 ? Buffer.from(text) : pick(hostileBodies(text), recipe.spoiled);
}
