import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedFetch } from "../../openapi/checking-fetch.ts";
import { type Answer, type Client, newClient } from "../../support/client.ts";
import { bridgedUser, serveBridges } from "../appservices/serve-bridges.ts";

const bridges = serveBridges();
let users = 0;

const newUser = (): Promise<Client> => newClient(bridges.url, `user${users++}`);

const pathOf = (userId: string, field?: string) =>
  `/profile/${encodeURIComponent(userId)}${field === undefined ? "" : `/${encodeURIComponent(field)}`}`;

function put(client: Client, field: string, value: unknown, userId = client.userId): Promise<Answer> {
  return client.request("PUT", pathOf(userId, field), { [field]: value });
}

async function profileOf(client: Client): Promise<object> {
  return (await client.get(pathOf(client.userId))).body;
}

async function refused(answer: Promise<Answer>, status: number, errcode: string): Promise<void> {
  const { status: actual, body } = await answer;
  assert.deepEqual([actual, body.errcode], [status, errcode], JSON.stringify(body));
}

test("a profile is set, shown to everybody, and removed field by field", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  assert.deepEqual(await profileOf(alice), {});
  const profile = {
    avatar_url: "mxc://localhost/a",
    displayname: "Älice 🦩",
    "m.tz": "Europe/Berlin",
    "org.example.pronouns": [{ en: "she" }, null, 5],
  };
  for (const [field, value] of Object.entries(profile)) {
    const { status, body } = await put(alice, field, value);
    assert.deepEqual([status, body], [200, {}]);
    assert.deepEqual((await bob.get(pathOf(alice.userId, field))).body, { [field]: value });
  }
  assert.deepEqual((await bob.get(pathOf(alice.userId))).body, profile);
  // Nobody has to be logged in to look.
  const response = await checkedFetch(`${bridges.url}/_matrix/client/v3${pathOf(alice.userId)}`);
  assert.deepEqual([response.status, await response.json()], [200, profile]);
  for (const field of [...Object.keys(profile), "org.example.unknown"]) {
    const { status, body } = await alice.request("DELETE", pathOf(alice.userId, field));
    assert.deepEqual([status, body], [200, {}]);
    await refused(bob.get(pathOf(alice.userId, field)), 404, "M_NOT_FOUND");
  }
  assert.deepEqual(await profileOf(alice), {});
});

test("an empty name or picture removes it, as clients do it", async () => {
  const alice = await newUser();
  await put(alice, "displayname", "Alice");
  await put(alice, "avatar_url", "mxc://localhost/a");
  await put(alice, "org.example.empty", "");
  for (const field of ["displayname", "avatar_url"]) assert.equal((await put(alice, field, "")).status, 200);
  assert.deepEqual(await profileOf(alice), { "org.example.empty": "" });
});

test("a profile is changed by its user alone", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  await refused(put(bob, "displayname", "Alice", alice.userId), 403, "M_FORBIDDEN");
  await refused(bob.request("DELETE", pathOf(alice.userId, "displayname")), 403, "M_FORBIDDEN");
  await refused(put(bob, "displayname", "x", "@bob:elsewhere.example"), 403, "M_FORBIDDEN");
});

test("an appservice changes the profiles of its users", async () => {
  const { url, bridge } = bridges;
  const userId = await bridgedUser(bridges, "bridge_ghost");
  const path = pathOf(userId, "displayname");
  const { status } = await bridge.request(url, "PUT", path, { userId, body: { displayname: "Ghost" } });
  assert.equal(status, 200);
  const alice = await newUser();
  assert.deepEqual((await alice.get(path)).body, { displayname: "Ghost" });
  const asSender = await bridge.request(url, "PUT", path, { body: { displayname: "Ghost" } });
  assert.equal(asSender.status, 403);
});

test("users that are not here have no profile", async () => {
  const alice = await newUser();
  for (const userId of ["@nobody:localhost", "@alice:elsewhere.example"]) {
    await refused(alice.get(pathOf(userId)), 404, "M_NOT_FOUND");
    await refused(alice.get(pathOf(userId, "displayname")), 404, "M_NOT_FOUND");
  }
  for (const odd of ["alice", "@alice", "@a\u0000:localhost"]) {
    await refused(alice.get(pathOf(odd)), 400, "M_INVALID_PARAM");
    await refused(put(alice, "displayname", "x", odd), 400, "M_INVALID_PARAM");
  }
});

test("E2: fields that are wrong or too large are refused", async () => {
  const alice = await newUser();
  const wrong: [field: string, value: unknown, errcode: string][] = [
    ["displayname", 5, "M_BAD_JSON"],
    ["displayname", null, "M_BAD_JSON"],
    ["displayname", "\ud800", "M_BAD_JSON"],
    ["displayname", "x".repeat(257), "M_TOO_LARGE"],
    ["avatar_url", "https://example.org/a.png", "M_BAD_JSON"],
    ["avatar_url", { url: "mxc://a/b" }, "M_BAD_JSON"],
    ["avatar_url", `mxc://${"x".repeat(1000)}`, "M_TOO_LARGE"],
    ["m.tz", 5, "M_BAD_JSON"],
    ["org.example.a", ["\udc00"], "M_BAD_JSON"],
    ["org.example.a", "x".repeat(65_536), "M_PROFILE_TOO_LARGE"],
    ["Org.example", "x", "M_INVALID_PARAM"],
    ["1org.example", "x", "M_INVALID_PARAM"],
    ["__proto__", "x", "M_INVALID_PARAM"],
    ["org example", "x", "M_INVALID_PARAM"],
    ["org.example\u0000", "x", "M_INVALID_PARAM"],
    [`org.${"x".repeat(252)}`, "x", "M_KEY_TOO_LARGE"],
  ];
  for (const [field, value, errcode] of wrong) await refused(put(alice, field, value), 400, errcode);
  await refused(alice.request("DELETE", pathOf(alice.userId, "Org")), 400, "M_INVALID_PARAM");
  const other = alice.request("PUT", pathOf(alice.userId, "displayname"), { avatar_url: "mxc://a/b" });
  await refused(other, 400, "M_MISSING_PARAM");
  await refused(alice.request("PUT", pathOf(alice.userId, "constructor"), {}), 400, "M_MISSING_PARAM");
  assert.deepEqual(await profileOf(alice), {});
});

test("the capabilities say that profiles can be changed", async () => {
  const alice = await newUser();
  const { capabilities } = (await alice.get("/capabilities")).body;
  for (const name of ["m.set_displayname", "m.set_avatar_url", "m.profile_fields"]) {
    assert.deepEqual(capabilities[name], { enabled: true });
  }
});

test("with the account the profile goes", async () => {
  const name = `user${users}`;
  const [alice, bob] = [await newUser(), await newUser()];
  await put(alice, "displayname", "Alice");
  const begun = await alice.post("/account/deactivate", {});
  assert.equal(begun.status, 401);
  const identifier = { type: "m.id.user", user: name };
  const auth = { type: "m.login.password", identifier, password: `${name}-password`, session: begun.body.session };
  assert.equal((await alice.post("/account/deactivate", { auth })).status, 200);
  await refused(bob.get(pathOf(alice.userId)), 404, "M_NOT_FOUND");
});
