import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Answer, type Client, newClient } from "../support/client.ts";
import { startTestServer, type TestServer } from "../support/test-server.ts";

let server: TestServer;
let alice: Client;

before(async () => {
  server = await startTestServer();
  alice = await newClient(server.url, "alice");
});
after(() => server.close());

const v3 = "/_matrix/client/v3";

/** Raw, for what a Matrix client would never send. */
async function raw(method: string, path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${alice.account.accessToken}`, ...init.headers };
  const response = await fetch(`${server.url}${path}`, { method, ...init, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}

test("E1: an unknown path is 404, a wrong method 405, both M_UNRECOGNIZED", async () => {
  for (const [method, path, status] of [
    ["GET", "/_matrix/client/v3/nothing", 404],
    ["GET", "/_matrix/media/v3/config", 404],
    ["GET", "/", 404],
    ["DELETE", `${v3}/sync`, 405],
    ["GET", `${v3}/keys/upload`, 405],
    ["POST", `${v3}/devices/ABC`, 405],
  ] as const) {
    const answer = await raw(method, path);
    assert.deepEqual([answer.status, answer.body.errcode], [status, "M_UNRECOGNIZED"], `${method} ${path}`);
    assert.equal(typeof answer.body.error, "string");
  }
  assert.equal((await raw("DELETE", `${v3}/sync`)).headers.get("allow"), "GET");
});

test("E1: a body that is no JSON is M_NOT_JSON, one of the wrong shape M_BAD_JSON", async () => {
  for (const [body, errcode] of [
    ["{not json", "M_NOT_JSON"],
    ["", "M_NOT_JSON"],
    [Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), "M_NOT_JSON"],
    ["[]", "M_BAD_JSON"],
    ["null", "M_BAD_JSON"],
    ['"text"', "M_BAD_JSON"],
    ['{"one_time_keys": 1}', "M_BAD_JSON"],
  ] as const) {
    const answer = await raw("POST", `${v3}/keys/claim`, { body });
    assert.deepEqual([answer.status, answer.body.errcode], [400, errcode], String(body));
  }
});

test("E1: too large a body is 413", async () => {
  const answer = await raw("POST", `${v3}/keys/upload`, { body: `{"x":"${"y".repeat(2 * 1024 * 1024)}"}` });
  assert.deepEqual([answer.status, answer.body.errcode], [413, "M_TOO_LARGE"]);
});

test("E1: no token and an unknown token are 401, also before a body is read", async () => {
  const missing = await raw("POST", `${v3}/keys/upload`, { headers: { authorization: "" }, body: "{bad" });
  assert.deepEqual([missing.status, missing.body.errcode], [401, "M_MISSING_TOKEN"]);
  const unknown = await raw("POST", `${v3}/keys/upload`, { headers: { authorization: "Bearer no" }, body: "{bad" });
  assert.deepEqual([unknown.status, unknown.body.errcode], [401, "M_UNKNOWN_TOKEN"]);
});

test("E1: a token in the query is taken from old clients", async () => {
  const path = `${v3}/account/whoami?access_token=${alice.account.accessToken}`;
  const answer = await raw("GET", path, { headers: { authorization: "" } });
  assert.deepEqual([answer.status, answer.body.user_id], [200, alice.userId]);
});

test("E1: browsers may call from anywhere", async () => {
  const preflight = await raw("OPTIONS", `${v3}/keys/upload`);
  assert.equal(preflight.status, 200);
  for (const { headers } of [preflight, await raw("GET", `${v3}/sync`), await raw("GET", `${v3}/nothing`)]) {
    assert.equal(headers.get("access-control-allow-origin"), "*");
    assert.equal(headers.get("access-control-allow-methods"), "GET, POST, PUT, DELETE, OPTIONS");
    assert.equal(headers.get("access-control-allow-headers"), "X-Requested-With, Content-Type, Authorization");
  }
});

test("E1: over a limit the answer is 429 and says when to come again", async () => {
  const rates = { other: { per_second: 0.5, burst: 3 } };
  const limited = await startTestServer({ limits: { enabled: true, rates } });
  try {
    const client = await newClient(limited.url, "alice");
    const answers: Answer[] = [];
    for (let request = 0; request < 5; request++) answers.push(await client.get("/account/whoami"));
    const refused = answers.at(-1);
    assert.deepEqual([refused?.status, refused?.body.errcode], [429, "M_LIMIT_EXCEEDED"]);
    assert.ok(refused?.body.retry_after_ms > 0 && refused?.body.retry_after_ms <= 2000);
    assert.ok(Number(refused?.headers.get("retry-after")) >= 1);
  } finally {
    await limited.close();
  }
});

test("E1: limits go by the address that a proxy on this machine names", async () => {
  const limited = await startTestServer({
    limits: { enabled: true, rates: { other: { per_second: 0.001, burst: 2 } } },
  });
  try {
    const ask = async (address: string) => {
      const headers = { "x-forwarded-for": address };
      return (await fetch(`${limited.url}/_matrix/client/versions`, { headers })).status;
    };
    assert.deepEqual([await ask("192.0.2.1"), await ask("192.0.2.1"), await ask("192.0.2.1")], [200, 200, 429]);
    assert.equal(await ask("192.0.2.2"), 200);
  } finally {
    await limited.close();
  }
});

test("E2: a path that is not valid percent-encoding is a 400", async () => {
  const answer = await raw("GET", `${v3}/devices/%ff`);
  assert.deepEqual([answer.status, answer.body.errcode], [400, "M_INVALID_PARAM"]);
});

test("E2: hostile bodies are refused or taken, never a 500", async () => {
  const keys = (value: string) => `{"one_time_keys":{"signed_curve25519:A":{"key":"k","signatures":{},"x":${value}}}}`;
  for (const [body, statuses] of [
    ["[".repeat(5000) + "]".repeat(5000), [400]],
    [keys("[".repeat(3000) + "]".repeat(3000)), [400]],
    [keys("1e400"), [400]],
    [keys("12345678901234567890"), [400]],
    [keys("1.5"), [400]],
    [keys('"\\ud800"'), [400]],
    [keys('{"__proto__":{"a":1},"constructor":1}'), [200]],
    [keys('"\\u0000"'), [200]],
    ['{"one_time_keys":{"signed_curve25519:\\u0000":{"key":"k","signatures":{}}}}', [400]],
    ['{"one_time_keys":{"__proto__":{"key":"k","signatures":{}}}}', [400]],
    [`{"one_time_keys":{${Array.from({ length: 60_000 }, (_, n) => `"a:${n}":0`).join(",")}}}`, [413]],
    ['{"one_time_keys":{"a:b":"k"},"one_time_keys":{"a:c":"l"}}', [200]],
  ] as const) {
    const { status, body: answer } = await raw("POST", `${v3}/keys/upload`, { body });
    assert.ok(statuses.includes(status as never), `${body.slice(0, 80)}: ${status} ${JSON.stringify(answer)}`);
  }
});

test("E2: names that objects inherit are ordinary names", async () => {
  for (const name of ["__proto__", "constructor", "toString"]) {
    const body = `{"one_time_keys":{"@x:localhost":{"${name}":"signed_curve25519"}}}`;
    const answer = await raw("POST", `${v3}/keys/claim`, { body });
    assert.deepEqual(Object.keys(answer.body.one_time_keys["@x:localhost"]), [name]);
  }
  const unknownServers = '{"one_time_keys":{"@x:constructor":{"A":"signed_curve25519"},"@y:__proto__":{"A":"a"}}}';
  assert.ok([200, 400].includes((await raw("POST", `${v3}/keys/claim`, { body: unknownServers })).status));
});
