import assert from "node:assert/strict";
import { test } from "node:test";
import { findOperation } from "./find-operation.ts";
import { loadOperation } from "./load-spec.ts";
import { listedOperations } from "./operation-list.ts";

function found(request: string): string | undefined {
  const [method = "", path = ""] = request.split(" ");
  return findOperation(method, path)?.operationId;
}

test("an operation is found by its method and path, whatever stands in the variables and the query", () => {
  assert.equal(found("POST /_matrix/client/v3/keys/upload"), "uploadKeys");
  assert.equal(found("get /_matrix/client/v3/sync?since=s1&timeout=0"), "sync");
  assert.equal(found("PUT /_matrix/client/v3/sendToDevice/m.room.encrypted/1%2F2"), "sendToDevice");
  assert.equal(found("DELETE /_matrix/client/v3/devices/ABC"), "deleteDevice");
  assert.equal(found("GET /_matrix/client/versions"), "getVersions");
  assert.equal(found("GET /_matrix/federation/v1/user/devices/@a:b"), "getUserDevices");
  assert.equal(found("GET /.well-known/matrix/client"), "getWellknown");
  assert.equal(found("GET /.well-known/matrix/server"), "getWellKnown");
});

test("paths of old clients stand for the present version", () => {
  assert.equal(found("POST /_matrix/client/r0/keys/claim"), "claimKeys");
  assert.equal(found("POST /_matrix/client/unstable/keys/device_signing/upload"), "uploadCrossSigningKeys");
  assert.equal(
    found("GET /_matrix/client/unstable/register/m.login.registration_token/validity"),
    "registrationTokenValidity",
  );
});

test("plain words win over variables", () => {
  assert.equal(found("GET /_matrix/client/v3/room_keys/version"), "getRoomKeysVersionCurrent");
  assert.equal(found("POST /_matrix/client/v3/logout/all"), "logout_all");
  assert.equal(found("GET /_matrix/client/v3/pushrules/global/"), "getPushRulesGlobal");
});

test("only the slash before an empty state key is optional", () => {
  const room = "/_matrix/client/v3/rooms/!r:x/state/m.room.name";
  assert.equal(found(`GET ${room}`), "getRoomStateWithKey");
  assert.equal(found(`GET ${room}/`), "getRoomStateWithKey");
  assert.equal(found("GET /_matrix/client/v3/pushrules"), undefined);
  assert.equal(found("GET /_matrix/client/v3/devices/"), undefined);
});

test("what the specification does not have is not found", () => {
  assert.equal(found("PUT /_matrix/client/v3/keys/upload"), undefined);
  assert.equal(found("POST /_matrix/client/v9/keys/upload"), undefined);
  assert.equal(found("POST /_matrix/client/v3/keys/upload/ABC"), undefined);
  assert.equal(found("POST /keys/upload"), undefined);
});

test("the list agrees with the copied chapters, and every operation of a copied chapter loads", () => {
  const loaded = listedOperations()
    .map(loadOperation)
    .filter((operation) => operation !== undefined);
  assert.ok(loaded.length > 90);
  for (const operation of loaded) {
    assert.ok(operation.responses.size > 0, operation.operationId);
    assert.equal(found(`${operation.method} ${operation.path.replaceAll(/\{\w+\}/g, "x")}`), operation.operationId);
  }
  const names = listedOperations().map(({ api, operationId }) => `${api} ${operationId}`);
  assert.equal(new Set(names).size, names.length);
});
