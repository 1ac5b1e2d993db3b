import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetExpiredTokens } from "../../../src/domain/authentication/openid/forget-expired-tokens.ts";
import { wrapFetch } from "../../openapi/checking-fetch.ts";
import { serveFederation } from "./serve-federation.ts";

const checkedFetch = wrapFetch((input, init) => globalThis.fetch(input, init), ["/_matrix/"]);

test("a service finds out whose token it was given, for an hour", async (t) => {
  const { url, newClient, house } = await serveFederation(t);
  const alice = await newClient("alice");
  const { status, body } = await alice.post(`/user/${encodeURIComponent(alice.userId)}/openid/request_token`, {});
  assert.equal(status, 200);
  const { access_token: token, ...rest } = body;
  assert.deepEqual(rest, { token_type: "Bearer", matrix_server_name: "example.org", expires_in: 3600 });
  const exchange = async (given: string) => {
    const response = await checkedFetch(`${url}/_matrix/federation/v1/openid/userinfo${given}`);
    const { sub, errcode } = (await response.json()) as Record<string, string>;
    return [response.status, sub ?? errcode];
  };
  assert.deepEqual(await exchange(`?access_token=${token}`), [200, alice.userId]);
  assert.deepEqual(await exchange(`?access_token=${token}`), [200, alice.userId], "more than once");
  assert.deepEqual(await exchange("?access_token=other"), [401, "M_UNKNOWN_TOKEN"]);
  assert.deepEqual(await exchange(""), [401, "M_MISSING_TOKEN"]);
  house.clock.advance(3600_000);
  assert.deepEqual(await exchange(`?access_token=${token}`), [401, "M_UNKNOWN_TOKEN"]);
  await forgetExpiredTokens(house);
  assert.deepEqual(await house.rows("openid_tokens"), []);
});

test("E3: a token is not stored, and is good for nothing else", async (t) => {
  const { newClient, house, url } = await serveFederation(t);
  const alice = await newClient("alice");
  const { body } = await alice.post(`/user/${encodeURIComponent(alice.userId)}/openid/request_token`, {});
  const rows = JSON.stringify(await house.rows("openid_tokens"));
  assert.ok(!rows.includes(body.access_token));
  const headers = { authorization: `Bearer ${body.access_token}` };
  const response = await checkedFetch(`${url}/_matrix/client/v3/account/whoami`, { headers });
  assert.equal(response.status, 401);
});

test("nobody gets a token for somebody else", async (t) => {
  const { newClient } = await serveFederation(t);
  const [alice, bob] = [await newClient("alice"), await newClient("bob")];
  const { status, body } = await alice.post(`/user/${encodeURIComponent(bob.userId)}/openid/request_token`, {});
  assert.deepEqual([status, body.errcode], [403, "M_FORBIDDEN"]);
});
