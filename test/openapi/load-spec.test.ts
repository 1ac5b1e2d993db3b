import assert from "node:assert/strict";
import { test } from "node:test";
import { closeMaps } from "./close-maps.ts";
import { loadSpec } from "./load-spec.ts";
import { resolveReferences } from "./resolve-references.ts";

const definitions = "api/client-server/definitions/client_event.yaml";

test("an operation has its method, path, request and answers, without references", () => {
  const uploadKeys = loadSpec("client-server").get("uploadKeys");
  assert.equal(uploadKeys?.method, "POST");
  assert.equal(uploadKeys.path, "/_matrix/client/v3/keys/upload");
  assert.equal(uploadKeys.requestBody?.required, true);
  assert.deepEqual([...uploadKeys.responses.keys()], [200]);
  assert.deepEqual(uploadKeys.responses.get(200)?.schema?.["required"], ["one_time_key_counts"]);
  assert.doesNotMatch(JSON.stringify(uploadKeys.requestBody), /\$ref/);
});

test("a chapter that is not among the copies is left out", () => {
  assert.equal(loadSpec("client-server").has("getContent"), false);
  assert.equal(loadSpec("application-service").size, 0);
});

test("a reference holds together with what stands beside it", () => {
  const resolved = resolveReferences({ $ref: "errors/error.yaml", required: ["error"] }, definitions);
  assert.deepEqual((resolved as { required: unknown }).required, ["error"]);
  assert.deepEqual((resolved as { allOf: { required: unknown }[] }).allOf[0]?.required, ["errcode"]);
});

test("a member that is called example is no example", () => {
  const schema = { example: { $ref: "nowhere.yaml" }, properties: { example: { type: "string" } } };
  assert.deepEqual(resolveReferences(schema, definitions), { properties: { example: { type: "string" } } });
});

test("a reference that points nowhere is an error", () => {
  assert.throws(() => resolveReferences({ $ref: "#/not/there" }, definitions), /is not there/);
});

test("maps that are described by patterns of names are closed, but for signatures", () => {
  const map = { patternProperties: { "^@": { type: "object" } } };
  assert.deepEqual(closeMaps({ properties: { device_keys: map, signatures: map } }), {
    properties: { device_keys: { ...map, additionalProperties: false }, signatures: map },
  });
  assert.deepEqual(closeMaps({ ...map, additionalProperties: true }), { ...map, additionalProperties: true });
});
