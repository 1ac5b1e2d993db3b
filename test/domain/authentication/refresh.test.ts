import assert from "node:assert/strict";
import { test } from "node:test";
import { login } from "../../../src/domain/accounts/login.ts";
import { findRequester } from "../../../src/domain/authentication/find-requester.ts";
import { refresh } from "../../../src/domain/authentication/refresh.ts";
import type { IssuedTokens } from "../../../src/domain/authentication/token-pair.ts";
import { client, type House, newUser, openHouse, passwordLogin } from "../open-house.ts";
import { refusal } from "../refusal.ts";

async function loggedIn(house: House, refreshes = true): Promise<IssuedTokens> {
  await newUser(house);
  return (await login(house, passwordLogin("alice"), client("PHONE", { refreshes }))).tokens;
}

function refreshed(house: House, tokens: IssuedTokens): Promise<IssuedTokens> {
  return refresh(house, tokens.refresh?.token ?? "");
}

/** Whether each of these access tokens is good; looking uses it. */
async function good(house: House, ...tokens: readonly IssuedTokens[]): Promise<boolean[]> {
  const found: boolean[] = [];
  for (const { accessToken } of tokens) {
    const works = findRequester(house, accessToken).then(
      () => true,
      () => false,
    );
    found.push(await works);
  }
  return found;
}

test("only clients that ask for it get a token that expires", async (t) => {
  const house = await openHouse(t);
  assert.equal((await loggedIn(house, false)).refresh, undefined);
  const asking = await login(house, passwordLogin("alice"), client("TABLET", { refreshes: true }));
  assert.equal(asking.tokens.refresh?.expiresInMs, 3_600_000);
  const off = { ...house, refreshTokens: false };
  assert.equal((await login(off, passwordLogin("alice"), client("TV", { refreshes: true }))).tokens.refresh, undefined);
});

test("an expired token is a soft logout, and can be refreshed", async (t) => {
  const house = await openHouse(t);
  const old = await loggedIn(house);
  house.clock.advance(3_600_000);
  const error = await refusal(findRequester(house, old.accessToken));
  assert.equal(error.errcode, "M_UNKNOWN_TOKEN");
  assert.deepEqual(error.fields, { soft_logout: true });
  assert.deepEqual(await good(house, await refreshed(house, old)), [true]);
});

test("the old pair is good until the new access token is used", async (t) => {
  const house = await openHouse(t);
  const old = await loggedIn(house);
  const fresh = await refreshed(house, old);
  assert.deepEqual(await good(house, old, fresh, old), [true, true, false]);
  assert.equal((await refusal(refreshed(house, old))).errcode, "M_UNKNOWN_TOKEN");
});

test("the old pair is good until the new refresh token is used", async (t) => {
  const house = await openHouse(t);
  const old = await loggedIn(house);
  const second = await refreshed(house, old);
  const third = await refreshed(house, second);
  assert.deepEqual(await good(house, old, second, third, second), [false, true, true, false]);
});

test("a client whose answer was lost refreshes once more; the pair that is used first stays", async (t) => {
  const house = await openHouse(t);
  const old = await loggedIn(house);
  const lost = await refreshed(house, old);
  const got = await refreshed(house, old);
  assert.deepEqual(await good(house, got, lost, old), [true, false, false]);
  assert.equal((await refusal(refreshed(house, lost))).errcode, "M_UNKNOWN_TOKEN");
  assert.deepEqual(await good(house, await refreshed(house, got)), [true]);
});

test("64 concurrent refreshes leave one pair once one is used, and bounded rows before", async (t) => {
  const house = await openHouse(t);
  const old = await loggedIn(house);
  const pairs = await Promise.all(Array.from({ length: 64 }, () => refreshed(house, old)));
  assert.equal((await house.rows("refresh_tokens")).length, 1 + 5);
  assert.equal((await house.rows("access_tokens")).length, 1 + 5);
  // All at once: the first use ends the others.
  const uses = pairs.map((pair) => good(house, pair));
  assert.equal((await Promise.all(uses)).flat().filter(Boolean).length, 1);
  assert.equal((await house.rows("refresh_tokens")).length, 1);
  assert.equal((await house.rows("access_tokens")).length, 1);
});

test("a token that was used once costs one read", async (t) => {
  const house = await openHouse(t);
  const fresh = await refreshed(house, await loggedIn(house));
  await findRequester(house, fresh.accessToken);
  const unitOfWork = { run: () => assert.fail("it wrote") };
  await findRequester({ ...house, unitOfWork }, fresh.accessToken);
});

test("tokens are stored as digests only", async (t) => {
  const house = await openHouse(t);
  const { accessToken, refresh: pair } = await loggedIn(house);
  assert.match(accessToken, /^cla_[\w-]{43}$/);
  const stored = JSON.stringify([await house.rows("access_tokens"), await house.rows("refresh_tokens")]);
  for (const secret of [accessToken, pair?.token ?? "none"]) {
    assert.ok(!stored.includes(secret) && !stored.includes(Buffer.from(secret).toString("hex")));
  }
});

test("unknown tokens are refused", async (t) => {
  const house = await openHouse(t);
  const error = await refusal(findRequester(house, "cla_unknown"));
  assert.deepEqual([error.errcode, error.fields], ["M_UNKNOWN_TOKEN", { soft_logout: false }]);
  assert.equal((await refusal(refresh(house, "clr_unknown"))).errcode, "M_UNKNOWN_TOKEN");
});
