import assert from "node:assert/strict";
import { test } from "node:test";
import { mentionsOperation } from "./mentions-operation.ts";
import { type Api, listedOperations } from "./operation-list.ts";

function mentions(text: string, operationId: string, api: Api = "client-server"): boolean {
  const operation = listedOperations().find((listed) => listed.api === api && listed.operationId === operationId);
  assert.ok(operation, operationId);
  return mentionsOperation(text, operation);
}

test("a test speaks of an operation by its operationId", () => {
  assert.ok(mentions("await client.uploadKeys(body)", "uploadKeys"));
  assert.ok(mentions('operation("sync")', "sync"));
  assert.ok(mentions("client.sync({ since })", "sync"));
  assert.ok(!mentions('import { sync } from "../src/domain/sync/sync.ts"', "sync"));
  assert.ok(!mentions("await uploadKeysTwice()", "uploadKeys"));
});

test("a test speaks of an operation by its path, with or without the base", () => {
  assert.ok(mentions('"/_matrix/client/v3/keys/claim"', "claimKeys"));
  assert.ok(mentions('"/_matrix/client/r0/keys/claim"', "claimKeys"));
  assert.ok(mentions("`$" + "{client}/keys/claim?timeout=1`", "claimKeys"));
  assert.ok(mentions('test("POST /keys/claim gives a key once")', "claimKeys"));
  assert.ok(mentions("`/sendToDevice/m.room.encrypted/$" + "{txnId}`", "sendToDevice"));
  assert.ok(!mentions('"/keys/claimed"', "claimKeys"));
  assert.ok(!mentions('"/_matrix/federation/v1/user/keys/claim"', "claimKeys"));
});

test("where operations share a path the method decides", () => {
  assert.ok(mentions('post("/login")', "login"));
  assert.ok(!mentions('post("/login")', "getLoginFlows"));
  assert.ok(!mentions('put("/devices/A/B")', "updateDevice"));
});

test("paths of federation need their base", () => {
  const claim = "claimUserEncryptionKeys";
  assert.ok(mentions('"/_matrix/federation/v1/user/keys/claim"', claim, "server-server"));
  assert.ok(!mentions('"/user/keys/claim"', claim, "server-server"));
});
