import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { canonicalJson } from "../../src/protocol/canonical-json.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { directToDevice, type PlayedServer } from "../federation/played-servers.ts";
import { KeyedDevice } from "../support/signed-keys.ts";
import { headerOf } from "./hostile-server-request.ts";
import { sendRaw } from "./send-raw.ts";
import { makeServerWorld, type ServerWorld } from "./server-world.ts";

let world: ServerWorld;

/** As many values as a body may have, nearly. */
const many = 49_000;

const megabyte = 1024 * 1024;

before(async () => {
  world = await makeServerWorld(["one"]);
});
after(() => world.close());

/** `{ "<name 0>": value(0), … }` */
function object(count: number, member: (n: number) => readonly [string, unknown]): object {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => member(n)));
}

const array = (count: number, item: (n: number) => unknown) => Array.from({ length: count }, (_, n) => item(n));

/** Names in a bad order, which differ late and sort differently by code point than by UTF-16 unit. */
const unsorted = (count: number) => object(count, (n) => [`m${(n * 7919) % count}\u{10000}`, 1]);

type Costly = readonly [method: string, path: string, body: object];

function costlyRequests(one: PlayedServer): Readonly<Record<string, Costly>> {
  const { alice } = world;
  const mallory = one.userId("mallory");
  let transactions = 0;
  const send = (edus: readonly unknown[], pdus: readonly unknown[] = []): Costly => {
    const body = { origin: one.name, origin_server_ts: 1_790_000_000_000, pdus, edus };
    return ["PUT", `/_matrix/federation/v1/send/costly${transactions++}`, body];
  };
  const message = (id: number, messages: object) => ({
    edu_type: "m.direct_to_device",
    content: { sender: mallory, type: "m.test", message_id: `m${id} ${transactions}`, messages },
  });
  const update = (more: object) => ({
    edu_type: "m.device_list_update",
    content: { user_id: mallory, device_id: "PHONE", stream_id: 1, prev_id: [], ...more },
  });
  const keys = new KeyedDevice({ userId: mallory, deviceId: "PHONE" }).deviceKeys();
  const all = { userId: alice.userId, deviceId: "*" };
  const long = "x".repeat(60_000);
  return {
    "a query for many users": [
      "POST",
      "/_matrix/federation/v1/user/keys/query",
      { device_keys: object(45_000, (n) => [`@${n}:localhost`, []]) },
    ],
    "a query for many devices": [
      "POST",
      "/_matrix/federation/v1/user/keys/query",
      { device_keys: { [alice.userId]: array(many, (n) => `D${n}`) } },
    ],
    "a claim for many devices": [
      "POST",
      "/_matrix/federation/v1/user/keys/claim",
      { one_time_keys: { [alice.userId]: object(20_000, (n) => [`D${n}`, "a"]) } },
    ],
    "a claim for many users": [
      "POST",
      "/_matrix/federation/v1/user/keys/claim",
      { one_time_keys: object(20_000, (n) => [`@${n}:localhost`, { A: "a" }]) },
    ],
    "a notary asked for many servers": [
      "POST",
      "/_matrix/key/v2/query",
      { server_keys: object(40_000, (n) => [`s${n}.example`, {}]) },
    ],
    "a notary asked for many keys": [
      "POST",
      "/_matrix/key/v2/query",
      { server_keys: { [one.name]: object(40_000, (n) => [`ed25519:${n}`, {}]) } },
    ],
    "a hundred long messages": send(array(100, (n) => directToDevice(mallory, all, { long }, `long${n}`))),
    "messages to many users": send(
      array(20, (id) =>
        message(
          id,
          object(1000, (n) => [`@${id}x${n}:localhost`, { D: {} }]),
        ),
      ),
    ),
    "messages to many devices": send(
      array(20, (id) => message(id, { [alice.userId]: object(2000, (n) => [`D${n}`, {}]) })),
    ),
    "a message with many members": send([message(0, { [alice.userId]: { "*": unsorted(4000) } })]),
    "updates after many others": send(array(20, (id) => update({ stream_id: id, prev_id: array(2000, (n) => n) }))),
    "keys with many members": send([update({ keys: { ...keys, x: unsorted(40_000) } })]),
    "cross-signing keys with many members": send([
      { edu_type: "m.signing_key_update", content: { user_id: mallory, master_key: unsorted(20_000) } },
    ]),
    "EDUs of no kind": send(array(100, () => ({ edu_type: "m.other", content: unsorted(400) }))),
    "fifty long PDUs": send(
      [],
      array(50, () => ({ long, x: unsorted(300) })),
    ),
    "a body to make canonical": send([unsorted(many)]),
  };
}

test("E2: no request of another server, however large, holds the event loop", async (t) => {
  const { server, others } = world;
  const one = others[0] ?? assert.fail("there is one");
  one.addDevice("mallory", "PHONE");
  const heldFor: Record<string, string> = {};
  const tooLong: string[] = [];
  for (const [name, [method, path, content]] of Object.entries(costlyRequests(one))) {
    const body = Buffer.from(JSON.stringify(content));
    // Signed as it is sent, or as canonical JSON, which the server has to make of it.
    const canonical = Buffer.from(canonicalJson(content as JsonObject));
    for (const [how, signed] of Object.entries({ "as it is": body, "as canonical JSON": canonical })) {
      const headers = { authorization: headerOf(one, method, path, signed) };
      let status = 0;
      const held = await server.longestTurn(async () => {
        ({ status } = await sendRaw(server.url, { method, path, headers, body }));
      });
      // A large body in another form than was signed is not looked at.
      const isRefused = signed.length > megabyte && !signed.equals(body);
      assert.ok(isRefused ? status === 401 : status < 500 && status !== 401, `${name}, ${how}: ${status}`);
      heldFor[`${name}, ${how}`] = `${status}, ${Math.round(held)} ms`;
      if (held >= server.longestAllowed) tooLong.push(name);
    }
  }
  t.diagnostic(JSON.stringify(heldFor));
  assert.deepEqual(tooLong, [], `longer than ${Math.round(server.longestAllowed)} ms: ${JSON.stringify(heldFor)}`);
});

test("E2: large bodies that nobody has signed, sent together, do not hold the event loop", async (t) => {
  const { server, others } = world;
  const one = others[0] ?? assert.fail("there is one");
  const path = "/_matrix/federation/v1/send/unsigned";
  const headers = { authorization: headerOf(one, "PUT", path, Buffer.from("{}")) };
  const body = Buffer.from(JSON.stringify({ edus: [], pdus: [], long: "é".repeat(5.5 * megabyte) }));
  const statuses: number[] = [];
  const held = await server.longestTurn(async () => {
    const send = async () => statuses.push((await sendRaw(server.url, { method: "PUT", path, headers, body })).status);
    await Promise.all(Array.from({ length: 20 }, send));
  });
  t.diagnostic(`${Math.round(held)} ms; ${statuses.toSorted()}`);
  assert.deepEqual([...new Set(statuses)].sort(), [401, 429]);
  assert.ok(held < server.longestAllowed, `${held} ms`);
});
