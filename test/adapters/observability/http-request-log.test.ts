import assert from "node:assert/strict";
import { test } from "node:test";
import Fastify from "fastify";
import { HttpRequestLog } from "../../../src/adapters/observability/http-request-log.ts";
import { RequestDurations } from "../../../src/adapters/observability/request-durations.ts";
import type { RequestLog } from "../../../src/api/request-log.ts";
import { captureLog } from "./captured-log.ts";
import { HandClock } from "./hand-clock.ts";

const token = "kq3vN0cJ2mX8yT5uR7wZ1aB4dE6fG9hI-_LpQsOoVtY";
const password = "correct-horse-battery-staple";

/** A server that answers every request with `status`; with one of 500 and above it fails first. */
async function serve(level: "debug" | "info", status: number, cause: unknown = new Error("the disk is full")) {
  const captured = await captureLog(new HandClock(), { level });
  const log: RequestLog = new HttpRequestLog(captured.logger, new RequestDurations());
  const app = Fastify();
  app.addHook("onResponse", async (request, reply) => log.finished("uploadKeys", request, reply));
  app.post("/_matrix/client/v3/keys/upload", async (request, reply) => {
    if (status >= 400) log.failed("uploadKeys", request, cause);
    return reply.code(status).send({ access_token: token });
  });
  const post = async (): Promise<void> => {
    const answered: Promise<unknown> = app.inject({
      method: "POST",
      url: `/_matrix/client/v3/keys/upload?access_token=${token}`,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      payload: { password, device_keys: {} },
    });
    await answered;
  };
  return { captured, post };
}

test("E3: an ordinary request is one debug line without query, headers and body", async () => {
  const { captured, post } = await serve("debug", 200);
  await post();
  const [line, ...more] = captured.lines();
  assert.deepEqual(more, []);
  assert.equal(typeof line?.["ms"], "number");
  assert.deepEqual(
    { ...line, ms: 0 },
    {
      level: "debug",
      time: "2030-01-01T00:00:00.000Z",
      operationId: "uploadKeys",
      method: "POST",
      path: "/_matrix/client/v3/keys/upload",
      status: 200,
      ms: 0,
      requestId: "req-1",
      msg: "request",
    },
  );
});

test("ordinary requests and refusals are not in the log of level info", async () => {
  for (const status of [200, 403]) {
    const { captured, post } = await serve("info", status, "the token has expired");
    await post();
    assert.equal(captured.text(), "");
  }
});

test("E3: a failure is one warning with the cause's stack and without secrets", async () => {
  const cause = new Error("could not store", { cause: new Error(`SQLITE_FULL at {"password":"${password}"}`) });
  const { captured, post } = await serve("info", 503, cause);
  await post();
  const [line, ...more] = captured.lines();
  assert.deepEqual(more, []);
  assert.equal(line?.["level"], "warn");
  assert.equal(line?.["status"], 503);
  const { message, stack, cause: inner } = (line?.["error"] ?? {}) as Record<string, unknown>;
  assert.equal(message, "could not store");
  assert.match(String(stack), /http-request-log\.test\.ts/);
  assert.match(JSON.stringify(inner), /SQLITE_FULL/);
  for (const secret of [token, password]) assert.ok(!captured.text().includes(secret));
});

test("a refusal's detail is for the debug log", async () => {
  const { captured, post } = await serve("debug", 403, "bucket login");
  await post();
  assert.equal(captured.lines()[0]?.["detail"], "bucket login");
});

test("the user of a request is named, and a token that was written into the path is not shown", async () => {
  const captured = await captureLog(new HandClock(), { level: "debug" });
  const log = new HttpRequestLog(captured.logger, new RequestDurations());
  const request = { id: "req-9", method: "GET", requester: { userId: "@bob:localhost", accessTokenDigest: token } };
  for (const separator of ["&", ";", "%3F", "#"]) {
    log.finished(
      "sync",
      { ...request, url: `/sync${separator}access_token=${token}` },
      { statusCode: 404, elapsedTime: 1 },
    );
  }
  for (const line of captured.lines()) assert.equal(line["userId"], "@bob:localhost");
  assert.ok(!captured.text().includes(token));
});
