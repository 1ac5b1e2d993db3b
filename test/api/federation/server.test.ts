import assert from "node:assert/strict";
import { test } from "node:test";
import { wrapFetch } from "../../openapi/checking-fetch.ts";
import { serveFederation } from "./serve-federation.ts";

const checkedFetch = wrapFetch((input, init) => globalThis.fetch(input, init), ["/_matrix/", "/.well-known/"]);

async function get(url: string) {
  const response = await checkedFetch(url);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test("anybody may ask for the version", async (t) => {
  const { url } = await serveFederation(t);
  const { body } = await get(`${url}/_matrix/federation/v1/version`);
  assert.deepEqual(body, { server: { name: "Claviger", version: "1.2.3" } });
});

test("other servers are told to come where clients come, with the port", async (t) => {
  const cases: [string | undefined, string | undefined][] = [
    ["https://matrix.example.org", "matrix.example.org:443"],
    ["https://matrix.example.org:8448/", "matrix.example.org:8448"],
    ["https://[2001:db8::1]", "[2001:db8::1]:443"],
    ["http://localhost:8008", undefined],
    [undefined, undefined],
  ];
  for (const [publicBaseUrl, expected] of cases) {
    const { url } = await serveFederation(t, { publicBaseUrl });
    const { status, body } = await get(`${url}/.well-known/matrix/server`);
    if (expected === undefined) assert.deepEqual([status, body["errcode"]], [404, "M_NOT_FOUND"]);
    else assert.deepEqual(body, { "m.server": expected });
  }
});

test("a profile: what a user of this server tells of itself, whole or one field", async (t) => {
  const { caller, newClient } = await serveFederation(t);
  const alice = await newClient("alice");
  const server = caller("calling.example");
  const of = (userId: string, more = "") => server.get(`/query/profile?user_id=${encodeURIComponent(userId)}${more}`);
  assert.deepEqual((await of(alice.userId)).body, {});
  assert.deepEqual((await of(alice.userId, "&field=displayname")).body, {});
  const profile = { avatar_url: "mxc://example.org/a", displayname: "Alice" };
  for (const [field, value] of Object.entries(profile)) {
    await alice.request("PUT", `/profile/${encodeURIComponent(alice.userId)}/${field}`, { [field]: value });
  }
  assert.deepEqual((await of(alice.userId)).body, profile);
  assert.deepEqual((await of(alice.userId, "&field=displayname")).body, { displayname: "Alice" });
  assert.deepEqual((await of(alice.userId, "&field=m.tz")).body, {});
  const unknown = await of("@nobody:example.org");
  assert.deepEqual([unknown.status, unknown.body.errcode], [404, "M_NOT_FOUND"]);
});

test("what is served for nobody yet is unknown, and another method than that of an endpoint refused", async (t) => {
  const { url } = await serveFederation(t);
  const unknown = await get(`${url}/_matrix/federation/v1/state/!room:example.org`);
  assert.deepEqual([unknown.status, unknown.body["errcode"]], [404, "M_UNRECOGNIZED"]);
  const wrong = await get(`${url}/_matrix/federation/v1/user/keys/claim`);
  assert.deepEqual([wrong.status, wrong.body["errcode"]], [405, "M_UNRECOGNIZED"]);
});
