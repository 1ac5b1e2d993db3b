import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "../support/client.ts";
import { CrossSigningKeys, curve25519 } from "../support/signed-keys.ts";
import { registerUser } from "../support/test-server.ts";
import { MeasuredServer } from "./measured-server.ts";
import { sendRaw } from "./send-raw.ts";

let server: MeasuredServer;
let alice: Client;
let filterId: string;

/** As many values as a body may have, nearly. */
const many = 49_000;

before(async () => {
  server = await MeasuredServer.start();
  alice = new Client(server.url, await registerUser(server.url, "alice"));
  const { keys, userId, deviceId } = alice;
  await alice.upload({ device_keys: keys.deviceKeys(), fallback_keys: keys.fallbackKey() });
  for (let batch = 0; batch < 5; batch++) await alice.upload({ one_time_keys: keys.oneTimeKeys(100, `B${batch}`) });
  const crossSigning = new CrossSigningKeys(userId);
  await alice.post("/keys/device_signing/upload", crossSigning.body());
  const types = Array.from({ length: 9 }, (_, n) => `*${"x*".repeat(48)}y${n}*`);
  filterId = (await alice.post(`/user/${userId}/filter`, { account_data: { not_types: types } })).body.filter_id;
  for (let type = 0; type < 300; type++) {
    await alice.request("PUT", `/user/${userId}/account_data/${"x".repeat(100)}${type}`, { x: "y".repeat(20_000) });
  }
  for (let batch = 0; batch < 15; batch++) {
    await alice.send("m.test", `fill${batch}`, { [userId]: { [deviceId]: { x: "y".repeat(60_000) } } });
  }
});
after(() => server.close());

/** `{ "<name 0>": value(0), … }` */
function object(count: number, member: (n: number) => readonly [string, unknown]): object {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => member(n)));
}

const array = (item: (n: number) => unknown) => Array.from({ length: many }, (_, n) => item(n));

/** Names in a bad order, which differ late and sort differently by code point than by UTF-16 unit. */
const unsorted = () => object(many, (n) => [`m${(n * 7919) % many}\u{10000}`, 1]);

type Costly = readonly [method: string, path: string, body?: object];

function costlyRequests(): Readonly<Record<string, Costly>> {
  const { userId, deviceId } = alice;
  const signed = (n: number) => ({
    key: String(n),
    signatures: { [userId]: { [`ed25519:${deviceId}`]: "A".repeat(86) } },
  });
  const upload = (body: object): Costly => ["POST", "/keys/upload", body];
  const send = (messages: object): Costly => ["PUT", "/sendToDevice/m.test/costly", { messages }];
  return {
    "a query for many users": ["POST", "/keys/query", { device_keys: object(45_000, (n) => [`@${n}:localhost`, []]) }],
    "a query for many servers": ["POST", "/keys/query", { device_keys: object(30_000, (n) => [`@:${n}`, []]) }],
    "a query for many devices": ["POST", "/keys/query", { device_keys: { [userId]: array((n) => `D${n}`) } }],
    "a claim for many devices": [
      "POST",
      "/keys/claim",
      { one_time_keys: { [userId]: object(20_000, (n) => [`D${n}`, "a"]) } },
    ],
    "a claim for many users": [
      "POST",
      "/keys/claim",
      { one_time_keys: object(20_000, (n) => [`@${n}:localhost`, { A: "a" }]) },
    ],
    "many one-time keys": upload({ one_time_keys: object(many, (n) => [`a:${n}`, String(n)]) }),
    "as many one-time keys as are looked at": upload({ one_time_keys: object(1000, (n) => [`a:${n}`, signed(n)]) }),
    "many ids that are taken": upload({
      one_time_keys: object(500, (n) => [`signed_curve25519:B${n % 5}${n % 100}`, curve25519()]),
    }),
    "many fallback keys": upload({ fallback_keys: object(many, (n) => [`${n}:a`, "k"]) }),
    "a key with many members": upload({ one_time_keys: { "a:1": { key: "k", signatures: {}, x: unsorted() } } }),
    "device keys with many members": upload({ device_keys: { ...alice.keys.deviceKeys(), x: unsorted() } }),
    "a long key": upload({ one_time_keys: { "a:1": "x".repeat(1_000_000) } }),
    "cross-signing keys with many members": ["POST", "/keys/device_signing/upload", { master_key: unsorted(), x: 1 }],
    "many signed objects": ["POST", "/keys/signatures/upload", { [userId]: object(many, (n) => [`D${n}`, {}]) }],
    "as many signed objects as are looked at": [
      "POST",
      "/keys/signatures/upload",
      { [userId]: object(1000, (n) => [`D${n}`, {}]) },
    ],
    "a body to digest": ["POST", "/delete_devices", { devices: [], x: unsorted() }],
    "many devices to delete": ["POST", "/delete_devices", { devices: array((n) => `D${n}`) }],
    "messages to many users": send(object(45_000, (n) => [`@${n}:localhost`, {}])),
    "messages to many devices": send({ [userId]: object(many, (n) => [String(n), {}]) }),
    "as many messages as are sent": send(object(2000, (n) => [`@${n}:localhost`, { [deviceId]: { n } }])),
    "a long message": send({ [userId]: { [deviceId]: { x: array((n) => n) } } }),
    "a filter of many types": ["POST", `/user/${userId}/filter`, { account_data: { types: array((n) => `${n}*`) } }],
    "a long filter": ["POST", `/user/${userId}/filter`, { room: unsorted() }],
    "account data of many members": ["PUT", `/user/${userId}/account_data/many`, unsorted()],
    "an initial sync": ["GET", "/sync?full_state=true"],
    "a sync with a costly filter": ["GET", `/sync?filter=${filterId}`],
    "a log-in by a long name": [
      "POST",
      "/login",
      { type: "m.login.password", user: "x".repeat(1_000_000), password: "p" },
    ],
    "a long password": ["POST", "/login", { type: "m.login.password", user: "alice", password: "x".repeat(1_000_000) }],
    "a registration to digest": ["POST", "/register", { username: "bob", x: unsorted() }],
  };
}

test("E2: no request, however large, holds the event loop", async (t) => {
  const headers = { authorization: `Bearer ${alice.account.accessToken}` };
  const heldFor: Record<string, string> = {};
  const tooLong: string[] = [];
  for (const [name, [method, path, body]] of Object.entries(costlyRequests())) {
    const bytes = body && Buffer.from(JSON.stringify(body));
    let status = 0;
    const held = await server.longestTurn(async () => {
      const request = { method, path: `/_matrix/client/v3${path}`, headers, body: bytes };
      ({ status } = await sendRaw(server.url, request));
    });
    assert.ok(status < 500, `${name}: ${status}`);
    heldFor[name] = `${status}, ${Math.round(held)} ms`;
    if (held >= server.longestAllowed) tooLong.push(name);
  }
  t.diagnostic(JSON.stringify(heldFor));
  assert.deepEqual(tooLong, [], `longer than ${Math.round(server.longestAllowed)} ms: ${JSON.stringify(heldFor)}`);
});
