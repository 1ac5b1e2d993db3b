import assert from "node:assert/strict";
import { test } from "node:test";
import { AnswerError, coveredOperations, wrapFetch } from "./checking-fetch.ts";

const base = "http://localhost:8008";
const upload = `${base}/_matrix/client/v3/keys/upload`;
const right = '{"one_time_key_counts":{"signed_curve25519":5}}';

function answering(text: string, status = 200, type = "application/json; charset=utf-8") {
  return wrapFetch(
    async () => new Response(status === 204 ? null : text, { status, headers: { "content-type": type } }),
  );
}

test("a right answer is handed on unread, and counted as covered", async () => {
  const response = await answering(right)(upload, { method: "POST" });
  assert.equal(await response.text(), right);
  assert.ok(coveredOperations().includes("uploadKeys 200"));
});

test("a wrong answer throws and names operation, status, problems and body", async () => {
  const asked = answering('{"one_time_key_counts":[]}', 200)(new URL(upload), { method: "post" });
  await assert.rejects(asked, (error) => {
    assert.ok(error instanceof AnswerError);
    assert.match(error.message, /^uploadKeys \(POST \/_matrix\/client\/v3\/keys\/upload\) answered 200:$/m);
    assert.match(error.message, /^- \/one_time_key_counts must be object$/m);
    assert.match(error.message, /^\{"one_time_key_counts":\[\]\}$/m);
    return true;
  });
});

test("a long body is quoted up to 2 KB", async () => {
  const asked = answering(JSON.stringify({ text: "x".repeat(5000) }))(new Request(upload, { method: "POST" }));
  await assert.rejects(asked, (error) => error instanceof AnswerError && error.message.length < 2300);
});

test("an answer that is not JSON, or does not say that it is, throws", async () => {
  await assert.rejects(answering("Not Found", 404)(upload), /the body is not JSON/);
  await assert.rejects(answering(right, 200, "text/plain")(upload, { method: "POST" }), /content type is text\/plain/);
  await assert.rejects(answering("{}", 200)(`${base}/_matrix/client/v3/nothing`), /no operation GET/);
});

test("other paths, and answers without a body, are left alone", async () => {
  assert.equal((await answering("ok", 200, "text/plain")(`${base}/health`)).status, 200);
  assert.equal((await answering("", 204)(upload, { method: "OPTIONS" })).status, 204);
  assert.equal((await answering("", 200)(upload, { method: "OPTIONS" })).status, 200);
  assert.equal((await answering("", 302)(`${base}/_matrix/client/v3/login/sso/redirect`)).status, 302);
});

test("other prefixes can be checked too", async () => {
  const fetch = wrapFetch(async () => Response.json({}), ["/_matrix/federation/"]);
  await assert.rejects(fetch(`${base}/_matrix/federation/v1/user/keys/claim`, { method: "POST" }), AnswerError);
});
