import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { getVersionsEndpoint } from "../../src/api/client/server/get-versions.ts";
import { createHttpServer } from "../../src/api/http-server.ts";
import { RequestLimiter } from "../../src/api/limits/request-limiter.ts";
import { type Client, newClient } from "../support/client.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;
let alice: Client;

before(async () => {
  server = await startTestServer({
    listeners: [{ port: 0, bind: "127.0.0.1", resources: ["client", "metrics"] }],
  });
  alice = await newClient(server.url, "alice");
});
after(() => server.close());

const v3 = "/_matrix/client/v3";

async function post(path: string, body: string, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${alice.account.accessToken}`;
  const response = await fetch(`${server.url}${v3}${path}`, {
    method: "POST",
    headers: { authorization, ...headers },
    body,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** What the server answers to these bytes before it closes the connection. */
function answerTo(...parts: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
    });
    socket.on("error", reject).on("close", () => resolve(answer));
    for (const part of parts) socket.write(part);
  });
}

test("E2: what stands under a name with a line break in it is checked like everything else", async () => {
  for (const [path, body] of [
    ["/keys/claim", '{"one_time_keys":{"@a\\n:localhost":null}}'],
    ["/keys/claim", '{"one_time_keys":{"@a:localhost":{"D\\u2028":{}}}}'],
    ["/keys/query", '{"device_keys":{"@a\\r:localhost":null}}'],
    ["/keys/query", '{"device_keys":{"@a\\u2029:localhost":{"length":1}}}'],
  ] as const) {
    const answer = await post(path, body);
    assert.deepEqual([answer.status, answer.body["errcode"]], [400, "M_BAD_JSON"], body);
  }
});

test("E1: JSON is taken under any content type, also one that is none", async () => {
  for (const type of ["", ";", "a", "a/b/c", "text/plain; charset=", "application/json; charset=utf-16"]) {
    const answer = await post("/keys/query", '{"device_keys":{}}', { "content-type": type });
    assert.equal(answer.status, 200, type);
  }
});

test("E1, E2: the body of a request for nothing is not looked at", async () => {
  for (const body of ["{", "[".repeat(50_000), `[${"0,".repeat(100_000)}0]`]) {
    const answer = await post("/nothing", body);
    assert.deepEqual([answer.status, answer.body["errcode"]], [404, "M_UNRECOGNIZED"]);
  }
});

test("E2: a refusal repeats no more than the beginning of a hostile name", async () => {
  const answer = await post("/keys/query", JSON.stringify({ device_keys: { [`@${"x".repeat(100_000)}:y`]: 1 } }));
  assert.equal(answer.body["errcode"], "M_BAD_JSON");
  assert.ok(String(answer.body["error"]).length < 1000);
});

test("E1: a part of a path that no id can have is refused in the standard words", async () => {
  const answer = await alice.get(`/devices/${"x".repeat(2000)}`);
  assert.deepEqual([answer.status, answer.body.errcode], [400, "M_INVALID_PARAM"]);
});

test("E1: what is no HTTP is refused in the standard words", async () => {
  for (const [request, status, errcode] of [
    ["GARBAGE\r\n\r\n", 400, "M_UNKNOWN"],
    ["GET / HTTP/1.1\r\n\r\n", 400, undefined],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431, "M_TOO_LARGE"],
    [
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
      "M_UNKNOWN",
    ],
    ["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400, "M_UNKNOWN"],
    ["GET / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n", 400, "M_UNKNOWN"],
    ["GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", 400, "M_UNKNOWN"],
  ] as const) {
    const answer = await answerTo(request);
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `), request.slice(0, 80));
    const [, body = ""] = answer.split("\r\n\r\n", 2);
    // Without a host Node.js answers by itself.
    if (errcode) assert.equal((JSON.parse(body) as Record<string, unknown>)["errcode"], errcode, answer);
  }
});

test("E2: who hangs up in the middle of a body is no failure of the server", async () => {
  const head = [
    `POST ${v3}/keys/upload HTTP/1.1`,
    "Host: localhost",
    `Authorization: Bearer ${alice.account.accessToken}`,
    "Content-Length: 100",
    "Expect: 100-continue",
  ].join("\r\n");
  const { hostname, port } = new URL(server.url);
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once("data", () => socket.end('{"one_time')).on("close", () => resolve());
    socket.write(`${head}\r\n\r\n`);
  });
  assert.doesNotMatch(await (await fetch(`${server.url}/metrics`)).text(), /status="5xx"/);
});

test("addresses of one IPv6 network share a limit before log-in", async () => {
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };
  const once = { perSecond: 0.001, burst: 1 };
  const rates = {
    ...{ login: once, register: once, keys: once, claims: once, messages: once, sync: once },
    ...{ federation: once, other: once },
  };
  const deps = { clock, compatibility: { msc4072: true } };
  const app = createHttpServer([getVersionsEndpoint], deps as never, {
    ...{ tls: undefined, maxBodyBytes: 1000, plainRoutes: [], limiter: new RequestLimiter(clock, rates) },
    log: { finished: () => undefined, failed: () => undefined },
  });
  const statusFrom = async (remoteAddress: string) =>
    (await app.inject({ method: "GET", url: "/_matrix/client/versions", remoteAddress })).statusCode;
  assert.equal(await statusFrom("2001:db8:1:2::1"), 200);
  assert.equal(await statusFrom("2001:db8:1:2:ffff::2"), 429);
  assert.equal(await statusFrom("2001:db8:1:3::1"), 200);
  now += 1_000_000;
  assert.equal(await statusFrom("2001:db8:1:2:ffff::2"), 200);
  await app.close();
});
