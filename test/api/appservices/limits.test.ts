import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedFetch } from "../../openapi/checking-fetch.ts";
import { bridgedUser, registration, serveBridges } from "./serve-bridges.ts";

const few = { per_second: 0.001, burst: 3 };
const rates = { register: few, login: few, other: few };
const bridges = serveBridges({ limits: { enabled: true, rates } });

/** Statuses of six requests of one appservice. */
async function six(of: "bridge" | "open", userId?: string): Promise<number[]> {
  const statuses: number[] = [];
  for (let count = 0; count < 6; count++) {
    const as = userId === undefined ? {} : { userId };
    statuses.push((await bridges[of].request(bridges.url, "GET", "/account/whoami", as)).status);
  }
  return statuses;
}

const all = Array(6).fill(200);
const three = [200, 200, 200, 429, 429, 429];

test("an appservice whose users are not limited, and any appservice as its sender, ask without end", async () => {
  assert.deepEqual(await six("bridge", await bridgedUser(bridges, "bridge_fast")), all);
  assert.deepEqual(await six("bridge"), all);
  assert.deepEqual(await six("open"), all);
});

test("users of an appservice that are limited are so one by one", async () => {
  const { open, url } = bridges;
  // Registering is not limited either: six users at once are what a bridge begins with.
  const names = Array.from({ length: 6 }, (_, index) => `open_${index}`);
  for (const name of names) {
    const body = registration(name, { inhibit_login: true });
    assert.equal((await open.request(url, "POST", "/register", { body })).status, 200);
  }
  assert.deepEqual(await six("open", "@open_0:localhost"), three);
  assert.deepEqual(await six("open", "@open_1:localhost"), three);
  assert.deepEqual(await six("open"), all);
});

test("E1: who has no appservice's token is limited by address", async () => {
  const statuses: number[] = [];
  for (let count = 0; count < 4; count++) {
    const response = await checkedFetch(`${bridges.url}/_matrix/client/v3/register`, {
      method: "POST",
      headers: { authorization: "Bearer nobody" },
      body: JSON.stringify(registration("bridge_limited")),
    });
    statuses.push(response.status);
  }
  assert.deepEqual(statuses, [401, 401, 401, 429]);
});
