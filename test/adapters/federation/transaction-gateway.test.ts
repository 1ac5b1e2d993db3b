import assert from "node:assert/strict";
import { test } from "node:test";
import { parseXMatrix, requestObject } from "../../../src/protocol/federation/x-matrix.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import { signingBytes, verifySignatureText } from "../../../src/protocol/signed-json.ts";
import { openTestFederation, ourName } from "./open-test-federation.ts";
import { answering, silence, startRemote } from "./remote-server.ts";

test("a transaction is put as the text that it is, and signed over what is in it", async (t) => {
  const { send, signingKey } = await openTestFederation(t);
  const remote = await startRemote(t);
  const body = '{"edus": [{"b": 1, "a": "é"}], "origin": "us"}';
  const destination = `localhost:${remote.port}` as ServerName;
  assert.equal(await send(destination, "a/b c", body), undefined);
  const [request] = remote.requests;
  assert.deepEqual([request?.method, request?.path], ["PUT", "/_matrix/federation/v1/send/a%2Fb%20c"]);
  assert.equal(request?.body, body);
  const header = parseXMatrix(request?.headers.authorization ?? "");
  const signed = { method: "PUT", uri: "/_matrix/federation/v1/send/a%2Fb%20c", origin: ourName, destination };
  const bytes = signingBytes(requestObject({ ...signed, content: JSON.parse(body) }));
  assert.ok(verifySignatureText(bytes, header?.signature ?? "", signingKey.publicKey));
});

test("200 takes it, whatever the body; nothing else does", async (t) => {
  const { send } = await openTestFederation(t);
  const remote = await startRemote(t, answering("rubbish"));
  const name = `localhost:${remote.port}`;
  assert.equal(await send(name, "1", "{}"), undefined);
  for (const status of [201, 302, 400, 404, 429, 500]) {
    remote.answer = answering({ errcode: "M_UNKNOWN" }, status);
    const error = `it has answered with status ${status}`;
    assert.deepEqual(await send(name, "2", "{}"), { kind: "status", error, status, errcode: "M_UNKNOWN" });
  }
  assert.equal(remote.requests.length, 7, "there is no pause but the sender's");
});

test("a transaction ends with its time, or when it is called off", async (t) => {
  const { send } = await openTestFederation(t, { bounds: { transactionTimeout: 200 } });
  const remote = await startRemote(t, silence);
  const name = `localhost:${remote.port}`;
  assert.equal((await send(name, "1", "{}"))?.kind, "timeout");
  const other = await startRemote(t, silence);
  const patient = await openTestFederation(t, { bounds: { transactionTimeout: 600_000 } });
  const controller = new AbortController();
  const sent = patient.send(`localhost:${other.port}`, "2", "{}", controller.signal);
  await other.untilAsked(1);
  controller.abort();
  assert.deepEqual(await sent, { kind: "unreachable", error: "it was called off" });
});

test("what has no canonical JSON is not sent", async (t) => {
  const { send } = await openTestFederation(t);
  const remote = await startRemote(t);
  for (const body of ['{"edus":[0.5]}', "{"]) {
    assert.equal((await send(`localhost:${remote.port}`, "1", body))?.kind, "unreadable");
  }
  assert.equal(remote.requests.length, 0);
});

test("a transaction that is taken is a sign of life", async (t) => {
  const { send, query } = await openTestFederation(t);
  const remote = await startRemote(t, answering({}, 500));
  const name = `localhost:${remote.port}`;
  for (let times = 0; times < 4; times++) await query(name);
  remote.answer = answering({});
  assert.equal((await query(name)).failure?.kind, "spared");
  await send(name, "1", "{}");
  assert.deepEqual(await query(name), { body: {} });
});
