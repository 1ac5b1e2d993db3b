import assert from "node:assert/strict";
import { test } from "node:test";
import { parseServerKeys } from "../../../src/protocol/federation/server-keys-object.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { verifySignature } from "../../../src/protocol/signed-json.ts";
import { seedSigner } from "../../protocol/federation/seed-signer.ts";
import { serveFederation } from "./serve-federation.ts";

const signingKey = seedSigner("ed25519:a_own");

const day = 24 * 3600_000;

test("the server's keys are published under both paths, for a day, and signed once in a minute", async (t) => {
  let signatures = 0;
  const sign = (bytes: Uint8Array) => {
    signatures++;
    return signingKey.sign(bytes);
  };
  const countingKey = { ...signingKey, sign };
  const { house, stranger, url } = await serveFederation(t, { signingKey: countingKey });
  const anybody = stranger("any.example");
  const get = (path: string) => anybody.get(path, { header: () => undefined });
  const { status, body } = await get("/_matrix/key/v2/server");
  assert.equal(status, 200);
  const keys = parseServerKeys(body as JsonObject, house.serverName);
  assert.deepEqual(keys?.verifyKeys, [{ keyId: signingKey.keyId, publicKey: signingKey.publicKey }]);
  assert.equal(keys.validUntil, house.clock.now() + day);
  house.clock.advance(59_999);
  // The specification has it no more; older servers ask for it.
  const named = await fetch(`${url}/_matrix/key/v2/server/ed25519:a_own`);
  assert.deepEqual([named.status, await named.json()], [200, body]);
  assert.equal(signatures, 1);
  house.clock.advance(1);
  const later = (await get("/_matrix/key/v2/server")).body as JsonObject;
  assert.equal(later["valid_until_ts"], house.clock.now() + day);
  assert.equal(signatures, 2);
});

function objectsIn(body: unknown): JsonObject[] {
  return (body as { server_keys: JsonObject[] }).server_keys;
}

test("a notary's answer is signed by the server and the notary, by name and in bulk", async (t) => {
  const { house, caller, stranger, events } = await serveFederation(t, { signingKey });
  const other = caller("other.example");
  const anybody = stranger("any.example");
  const minimum = { minimum_valid_until_ts: house.clock.now() };
  const answers = [
    await anybody.get(`/_matrix/key/v2/query/${other.name}`),
    await anybody.get(`/_matrix/key/v2/query/${other.name}?minimum_valid_until_ts=${house.clock.now()}`),
    await anybody.post("/_matrix/key/v2/query", { server_keys: { [other.name]: {} } }),
    await anybody.post("/_matrix/key/v2/query", { server_keys: { [other.name]: { [other.keyId]: minimum } } }),
    await anybody.post("/_matrix/key/v2/query", { server_keys: { [other.name]: { [other.keyId]: {} } } }),
  ];
  for (const { status, body } of answers) {
    assert.equal(status, 200);
    const [object, ...more] = objectsIn(body);
    assert.ok(object !== undefined && more.length === 0);
    assert.deepEqual(parseServerKeys(object, other.name)?.verifyKeys, [
      { keyId: other.keyId, publicKey: other.key.publicKey },
    ]);
    assert.ok(verifySignature(object, house.serverName, signingKey.keyId, signingKey.publicKey));
  }
  assert.deepEqual(events, [`keys of ${other.name}`]);
});

test("servers that cannot be reached, and what is no server name in bulk, are missing", async (t) => {
  const { stranger } = await serveFederation(t, { signingKey });
  const anybody = stranger("any.example");
  assert.deepEqual((await anybody.get("/_matrix/key/v2/query/silent.example")).body, { server_keys: [] });
  const servers = { "silent.example": {}, "a/b": {}, constructor: {}, __proto__: {}, "example.org": {} };
  const { status, body } = await anybody.post("/_matrix/key/v2/query", { server_keys: servers });
  assert.equal(status, 200);
  assert.deepEqual(
    objectsIn(body).map((object) => object["server_name"]),
    ["example.org" as ServerName],
  );
  assert.deepEqual((await anybody.post("/_matrix/key/v2/query", { server_keys: {} })).body, { server_keys: [] });
});

test("E2: requests of another shape are refused", async (t) => {
  const { stranger } = await serveFederation(t, { signingKey });
  const anybody = stranger("any.example");
  const refusals: [string, Promise<{ status: number; body: unknown }>][] = [
    ["M_INVALID_PARAM", anybody.get("/_matrix/key/v2/query/a%2Fb")],
    ["M_INVALID_PARAM", anybody.get("/_matrix/key/v2/query/a.example?minimum_valid_until_ts=soon")],
    ["M_BAD_JSON", anybody.post("/_matrix/key/v2/query", {})],
    ["M_BAD_JSON", anybody.post("/_matrix/key/v2/query", { server_keys: { "a.example": { "ed25519:1": 1 } } })],
    [
      "M_TOO_LARGE",
      anybody.post("/_matrix/key/v2/query", {
        server_keys: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`s${index}.example`, {}])),
      }),
    ],
  ];
  for (const [errcode, answer] of refusals) {
    const { status, body } = await answer;
    assert.deepEqual([status, (body as JsonObject)["errcode"]], [400, errcode]);
  }
});
