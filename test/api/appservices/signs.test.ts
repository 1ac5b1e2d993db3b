import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ensureSenderAccounts } from "../../../src/domain/accounts/ensure-sender-accounts.ts";
import { Appservices } from "../../../src/domain/appservices/appservices.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import { bridgeRegistration } from "../../domain/bridge-registration.ts";
import { newUser, passwordLogin } from "../../domain/open-house.ts";
import { serveAccounts } from "../serve-accounts.ts";
import { registration } from "./serve-bridges.ts";

/** What shows that an appservice is alive is counted in `signs`. */
async function serve(t: TestContext) {
  const signs: string[] = [];
  const served = await serveAccounts(t, {
    appservices: new Appservices([bridgeRegistration()], "example.org" as ServerName),
    appserviceSigns: { noteAlive: (id: string) => void signs.push(id) },
  });
  await ensureSenderAccounts(served.house);
  return { ...served, signs };
}

const { asToken, hsToken } = bridgeRegistration();

test("each request with an appservice's token is a sign of life, one that is refused too", async (t) => {
  const { call, signs } = await serve(t);
  await call("GET", "/account/whoami", { token: asToken });
  await call("POST", "/register", { token: asToken, body: registration("bridge_a") });
  const { status } = await call("GET", "/account/whoami?user_id=@alice:example.org", { token: asToken });
  assert.deepEqual([status, signs], [403, ["bridge", "bridge", "bridge"]]);
});

test("requests of others are none", async (t) => {
  const { call, signs, house } = await serve(t);
  await newUser(house);
  const { access_token: token } = (await call("POST", "/login", { body: passwordLogin("alice") })).body;
  await call("GET", "/account/whoami", { token: String(token) });
  await call("GET", "/account/whoami");
  await call("GET", "/account/whoami", { token: hsToken });
  assert.deepEqual(signs, []);
});
