import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { claimKeys } from "../../../src/domain/key-directory/claim-keys.ts";
import { serverNameOf, type UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { JsonObject, JsonValue } from "../../../src/protocol/json.ts";
import { type FederatedHouse, failing, openFederatedHouse, viewer } from "./federated-house.ts";

const users = ["@a:example.org", "@b:one.test", "@__proto__:one.test", "@c:two.test", "@d:three.test"] as const;
const devices = ["PHONE", "TABLET", "__proto__", "constructor", "1"] as const;
const algorithms = ["signed_curve25519", "curve25519", "__proto__"] as const;

/** Objects whose names are likely to be asked for; any name is a member of its own. */
const namedBy = <T>(names: readonly string[], value: fc.Arbitrary<T>) =>
  fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 4 });

const someRequest = namedBy(users, namedBy(devices, fc.constantFrom(...algorithms)));

const keyIds = algorithms.flatMap((algorithm) => [`${algorithm}:A`, `${algorithm}:B`, algorithm]);
const someKey = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<JsonValue>({ key: "K", signatures: {} }, "K") },
  fc.jsonValue() as fc.Arbitrary<JsonValue>,
);
const orAnything = (arbitrary: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 6, arbitrary }, fc.jsonValue()) as fc.Arbitrary<JsonValue>;

const someBody = orAnything(
  namedBy([...users, "nobody"], orAnything(namedBy(devices, orAnything(namedBy(keyIds, someKey))))),
);

const someAnswer = fc.oneof(
  { weight: 5, arbitrary: someBody.map((one_time_keys) => ({ body: { one_time_keys } as JsonObject })) },
  (fc.jsonValue() as fc.Arbitrary<JsonValue>).map((rubbish) => ({ body: { rubbish } as JsonObject })),
  fc.constantFrom(failing("timeout"), failing("spared"), failing("status", 200), failing("status", 500)),
);

const answersOfServers = fc.record({ "one.test": someAnswer, "two.test": someAnswer, "three.test": someAnswer });

test("C4, C5: whatever is asked, and whatever servers answer, each device has a key, {} or a failure: exactly one", async (t) => {
  const house: FederatedHouse = await openFederatedHouse(t);
  const property = fc.asyncProperty(someRequest, answersOfServers, async (request, answers) => {
    house.remoteServers.claim = (server) => answers[server as keyof typeof answers];
    const { keys, failures } = await claimKeys(house, viewer, request);
    assert.ok(!failures.has(house.serverName), "our own name is never among the failures");
    for (const [name, wanted] of Object.entries(request)) {
      const userId = name as UserId;
      const given = keys.get(userId);
      assert.notEqual(given !== undefined, failures.has(serverNameOf(userId)), `${userId} is in one of them`);
      if (!given) continue;
      assert.deepEqual([...given.keys()], Object.keys(wanted), "every device, and none besides");
      for (const [deviceId, key] of given) {
        if (!key) continue;
        assert.equal(key.keyId.split(":")[0], new Map(Object.entries(wanted)).get(deviceId));
        const value: JsonValue = JSON.parse(key.json);
        assert.ok(typeof value === "string" || typeof (value as JsonObject)["key"] === "string");
      }
    }
    assert.ok(
      [...keys.keys()].every((userId) => Object.hasOwn(request, userId)),
      "nobody else is there",
    );
    const asked = new Set(Object.keys(request).map((userId) => serverNameOf(userId as UserId)));
    assert.ok([...failures.keys()].every((server) => asked.has(server)));
  });
  await fc.assert(property, { numRuns: 500 });
});
