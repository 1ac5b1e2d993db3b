import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { assertIdentity } from "../../../src/domain/accounts/assert-identity.ts";
import { deactivateAccount } from "../../../src/domain/accounts/deactivate-account.ts";
import { ensureSenderAccounts } from "../../../src/domain/accounts/ensure-sender-accounts.ts";
import { login } from "../../../src/domain/accounts/login.ts";
import { loginAppserviceUser } from "../../../src/domain/accounts/login-appservice-user.ts";
import { registerAccount } from "../../../src/domain/accounts/register-account.ts";
import { registerAppserviceUser } from "../../../src/domain/accounts/register-appservice-user.ts";
import { Appservices } from "../../../src/domain/appservices/appservices.ts";
import { bridgeRegistration } from "../bridge-registration.ts";
import { attempt, client, openHouse, passwordLogin } from "../open-house.ts";
import { refusal } from "../refusal.ts";

const token = bridgeRegistration().asToken;

async function openBridgedHouse(t: TestContext) {
  const house = await openHouse(t);
  const appservices = new Appservices([bridgeRegistration()], house.serverName);
  return { ...house, appservices, bridge: appservices.all[0] ?? assert.fail() };
}

test("senders get accounts once, without a password, also when several processes start", async (t) => {
  const house = await openBridgedHouse(t);
  await Promise.all(Array.from({ length: 4 }, () => ensureSenderAccounts(house)));
  const [account, ...others] = await house.rows("accounts");
  assert.deepEqual(others, []);
  assert.deepEqual(account, {
    ...{ user_id: "@bridgebot:example.org", password_hash: null, is_admin: 0 },
    ...{ created_at: house.clock.now(), deactivated_at: null },
  });
  house.clock.advance(1000);
  await ensureSenderAccounts(house);
  assert.deepEqual(await house.rows("accounts"), [account]);
  const wish = passwordLogin("bridgebot", "");
  assert.equal((await refusal(login(house, wish, client()))).errcode, "M_FORBIDDEN");
});

test("an identity is asserted with one read, and names the appservice", async (t) => {
  const house = await openBridgedHouse(t);
  await registerAppserviceUser(house, token, { username: "bridge_a", client: client("GHOST") });
  let reads = 0;
  const snapshots = {
    ...house.snapshots,
    read: ((work) => {
      reads++;
      return house.snapshots.read(work);
    }) as typeof house.snapshots.read,
  };
  const asserted = { userId: "@bridge_a:example.org", deviceId: "GHOST" };
  const requester = await assertIdentity({ snapshots }, house.bridge, asserted);
  const { accessTokenDigest: _, ...who } = requester;
  assert.deepEqual(who, { ...asserted, appserviceId: "bridge" });
  assert.equal(reads, 1);
});

test("log-ins of appservices are counted as others are", async (t) => {
  const house = await openBridgedHouse(t);
  await registerAppserviceUser(house, token, { username: "bridge_a", client: undefined });
  const wish = { identifier: { type: "m.id.user", user: "bridge_a" } };
  await loginAppserviceUser(house, token, wish, client());
  await refusal(loginAppserviceUser(house, "nobody's", wish, client()));
  assert.deepEqual(house.logins, ["success", "failure"]);
});

test("no session begins for a user that is deactivated meanwhile", async (t) => {
  const house = await openBridgedHouse(t);
  await registerAppserviceUser(house, token, { username: "bridge_a", client: undefined });
  const requester = await assertIdentity(house, house.bridge, { userId: "@bridge_a:example.org", deviceId: undefined });
  await deactivateAccount(house, requester, { ...attempt(requester.userId), byAppservice: true });
  const late = loginAppserviceUser(house, token, { user: "bridge_a" }, client());
  assert.equal((await refusal(late)).errcode, "M_FORBIDDEN");
  assert.deepEqual(await house.rows("devices"), []);
});

test("the operator is told in one line that a name is an appservice's", async (t) => {
  const house = await openBridgedHouse(t);
  for (const localpart of ["bridge_a", "bridgebot"]) {
    const { errcode, message } = await refusal(registerAccount(house, { localpart, password: "secret", admin: false }));
    assert.deepEqual([errcode, message], ["M_EXCLUSIVE", "This user name is reserved for an application service"]);
  }
  assert.deepEqual(await house.rows("accounts"), []);
});

test("of two appservices one cannot make the other's users, and each can make its own", async (t) => {
  const house = await openHouse(t);
  const shared = { exclusive: false, regex: "@bridge_.*" };
  const other = { ...bridgeRegistration({ users: [shared] }), id: "other", senderLocalpart: "otherbot", asToken: "o" };
  const appservices = new Appservices([bridgeRegistration(), other], house.serverName);
  const register = (accessToken: string) =>
    registerAppserviceUser({ ...house, appservices }, accessToken, { username: "bridge_a", client: undefined });
  const { errcode, message } = await refusal(register("o"));
  assert.deepEqual([errcode, message], ["M_EXCLUSIVE", "This user name is reserved for an application service"]);
  assert.deepEqual(await register(token), { userId: "@bridge_a:example.org" });
});
