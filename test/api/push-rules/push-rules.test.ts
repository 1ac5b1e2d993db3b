import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Answer, type Client, Client as DeviceClient, newClient } from "../../support/client.ts";
import { login, startTestServer, type TestServer } from "../../support/test-server.ts";

let server: TestServer;
let users = 0;

before(async () => {
  server = await startTestServer();
});
after(() => server.close());

const newUser = (): Promise<Client> => newClient(server.url, `user${users++}`);

const rulePath = (kind: string, ruleId: string, rest = "") =>
  `/pushrules/global/${kind}/${encodeURIComponent(ruleId)}${rest}`;

const notify = { actions: ["notify"] };
const message = ".m.rule.message";

function put(client: Client, kind: string, ruleId: string, body: unknown, rest = ""): Promise<Answer> {
  return client.request("PUT", rulePath(kind, ruleId, rest), body);
}

async function succeed(answer: Promise<Answer>): Promise<void> {
  const { status, body } = await answer;
  assert.deepEqual([status, body], [200, {}]);
}

async function refused(answer: Promise<Answer>, status: number, errcode: string): Promise<void> {
  const { status: actual, body } = await answer;
  assert.deepEqual([actual, body.errcode], [status, errcode], JSON.stringify(body));
}

/** The ids of the rules of a kind, those of the server aside. */
async function ownIds(client: Client, kind: string): Promise<string[]> {
  const { body } = await client.get("/pushrules/");
  const rules = body.global[kind] as { rule_id: string; default: boolean }[];
  return rules.filter((rule) => !rule.default).map((rule) => rule.rule_id);
}

test("a rule is made, read, changed and deleted", async () => {
  const alice = await newUser();
  const conditions = [{ kind: "event_match", key: "content.body", pattern: "beer" }, { kind: "org.example.odd" }];
  await succeed(put(alice, "override", "beer", { ...notify, conditions }));
  const rule = { rule_id: "beer", default: false, enabled: true, ...notify, conditions };
  assert.deepEqual((await alice.get(rulePath("override", "beer"))).body, rule);
  assert.deepEqual((await alice.get(rulePath("override", "beer", "/actions"))).body, notify);
  assert.deepEqual((await alice.get(rulePath("override", "beer", "/enabled"))).body, { enabled: true });
  await refused(alice.get(rulePath("underride", "beer")), 404, "M_NOT_FOUND");
  const actions = ["notify", { set_tweak: "sound", value: "bing" }];
  await succeed(put(alice, "override", "beer", { actions }, "/actions"));
  await succeed(put(alice, "override", "beer", { enabled: false }, "/enabled"));
  assert.deepEqual((await alice.get(rulePath("override", "beer"))).body, { ...rule, actions, enabled: false });
  // Changed, it stays disabled.
  await succeed(put(alice, "override", "beer", notify));
  const changed = { ...rule, conditions: [], enabled: false };
  assert.deepEqual((await alice.get(rulePath("override", "beer"))).body, changed);
  await succeed(alice.request("DELETE", rulePath("override", "beer")));
  for (const rest of ["", "/enabled", "/actions"]) {
    await refused(alice.get(rulePath("override", "beer", rest)), 404, "M_NOT_FOUND");
  }
  await refused(alice.request("DELETE", rulePath("override", "beer")), 404, "M_NOT_FOUND");
  await refused(put(alice, "override", "beer", notify, "/actions"), 404, "M_NOT_FOUND");
  await refused(put(alice, "override", "beer", { enabled: true }, "/enabled"), 404, "M_NOT_FOUND");
});

test("each kind has what belongs to it", async () => {
  const alice = await newUser();
  const body = { ...notify, pattern: "cake*lie", conditions: [{ kind: "contains_display_name" }], more: 1 };
  const expected = {
    content: { pattern: body.pattern },
    room: {},
    sender: {},
    override: { conditions: body.conditions },
    underride: { conditions: body.conditions },
  };
  for (const [kind, own] of Object.entries(expected)) {
    await succeed(put(alice, kind, "!@x:example.org", body));
    const rule = { rule_id: "!@x:example.org", default: false, enabled: true, ...notify, ...own };
    assert.deepEqual((await alice.get(rulePath(kind, "!@x:example.org"))).body, rule);
  }
});

test("a new rule comes first, or right before or after another of the user", async () => {
  const alice = await newUser();
  for (const kind of ["override", "underride"]) {
    for (const id of ["a", "b", "c"]) await succeed(put(alice, kind, id, notify));
    assert.deepEqual(await ownIds(alice, kind), ["c", "b", "a"]);
    await succeed(put(alice, kind, "d", notify, "?after=c"));
    await succeed(put(alice, kind, "e", notify, "?before=a"));
    assert.deepEqual(await ownIds(alice, kind), ["c", "d", "b", "e", "a"]);
    await succeed(put(alice, kind, "a", notify, "?before=c"));
    await succeed(put(alice, kind, "c", notify, "?after=a&before=b"));
    assert.deepEqual(await ownIds(alice, kind), ["a", "d", "c", "b", "e"]);
    await succeed(put(alice, kind, "c", { actions: [] }));
    assert.deepEqual(await ownIds(alice, kind), ["a", "d", "c", "b", "e"]);
    for (const place of ["before=none", "after=none", `after=${message}`, "before=.m.rule.master", "before=c"]) {
      await refused(put(alice, kind, "c", notify, `?${place}`), 400, "M_UNKNOWN");
    }
    await refused(put(alice, kind, "c", notify, "?before=a&before=b"), 400, "M_INVALID_PARAM");
  }
});

test("the rules of the user come before the server's, but for the master switch", async () => {
  const alice = await newUser();
  await succeed(put(alice, "override", "mine", notify));
  await succeed(put(alice, "underride", "mine", notify));
  const { override, underride } = (await alice.get("/pushrules/global/")).body;
  assert.deepEqual(
    [override[0], override[1], override[2], underride[0]].map((rule) => rule.rule_id),
    [".m.rule.master", "mine", ".m.rule.suppress_notices", "mine"],
  );
});

test("a default rule can be disabled and given other actions, not made or deleted", async () => {
  const alice = await newUser();
  const before = (await alice.get("/pushrules/")).body;
  await succeed(put(alice, "underride", message, { enabled: false }, "/enabled"));
  await succeed(put(alice, "underride", message, { actions: ["coalesce", "notify", "dont_notify"] }, "/actions"));
  const { body } = await alice.get(rulePath("underride", message));
  assert.deepEqual([body.enabled, body.actions, body.default], [false, ["notify"], true]);
  await succeed(put(alice, "override", ".m.rule.master", { enabled: true }, "/enabled"));
  assert.equal((await alice.get("/pushrules/")).body.global.override[0].enabled, true);
  await refused(alice.request("DELETE", rulePath("underride", message)), 400, "M_INVALID_PARAM");
  for (const id of [message, ".mine", "a/b", "a\\b", "a\u0000b", "x".repeat(256)]) {
    await refused(put(alice, "underride", id, notify), 400, "M_INVALID_PARAM");
  }
  await succeed(put(alice, "underride", message, { enabled: true }, "/enabled"));
  await succeed(put(alice, "override", ".m.rule.master", { enabled: false }, "/enabled"));
  assert.deepEqual((await alice.get("/pushrules/")).body, before);
});

test("S5: every device hears of a change in its sync, with all rules; account data answers the same", async () => {
  const name = `user${users}`;
  const alice = await newUser();
  const laptop = new DeviceClient(server.url, await login(server.url, name));
  const path = `/user/${encodeURIComponent(alice.userId)}/account_data/m.push_rules`;
  assert.deepEqual((await alice.get(path)).body, (await alice.get("/pushrules/")).body);
  const since = [(await alice.sync()).next_batch, (await laptop.sync()).next_batch];
  const waiting = laptop.sync(since[1], 60_000);
  await succeed(put(alice, "content", "cake", { ...notify, pattern: "cake" }));
  const rules = (await alice.get("/pushrules/")).body;
  assert.equal(rules.global.content[0].rule_id, "cake");
  const events = [{ type: "m.push_rules", content: rules }];
  assert.deepEqual((await waiting).account_data.events, events);
  assert.deepEqual((await alice.sync(since[0])).account_data.events, events);
  assert.deepEqual((await alice.sync()).account_data.events, events);
  assert.deepEqual((await alice.get(path)).body, rules);
  await refused(alice.request("PUT", path, rules), 400, "M_BAD_JSON");
  const filter = encodeURIComponent(JSON.stringify({ account_data: { not_types: ["m.push_rules"] } }));
  const filtered = (await alice.get(`/sync?filter=${filter}`)).body;
  assert.deepEqual(filtered.account_data?.events ?? [], []);
});

test("nobody hears of another's rules", async () => {
  const [alice, bob] = [await newUser(), await newUser()];
  await succeed(put(alice, "room", "!secret:example.org", notify));
  assert.deepEqual(await ownIds(bob, "room"), []);
  await refused(bob.get(rulePath("room", "!secret:example.org")), 404, "M_NOT_FOUND");
});

test("E2: wrong and oversized rules are refused", async () => {
  const alice = await newUser();
  for (const path of [rulePath("kind", "x"), rulePath("__proto__", "x"), rulePath("kind", "x", "/enabled")]) {
    await refused(alice.get(path), 400, "M_INVALID_PARAM");
  }
  const bad: [kind: string, body: unknown][] = [
    ["room", {}],
    ["room", { actions: "notify" }],
    ["room", { actions: [5] }],
    ["room", { actions: [null] }],
    ["content", { ...notify, pattern: 5 }],
    ["content", { ...notify, pattern: "\ud800" }],
    ["override", { ...notify, conditions: {} }],
    ["override", { ...notify, conditions: ["x"] }],
    ["override", { ...notify, conditions: [{}] }],
    ["override", { ...notify, conditions: [{ kind: "event_match", key: 5 }] }],
    ["override", { ...notify, conditions: [{ kind: "event_property_is", key: "a", value: {} }] }],
    ["override", { ...notify, conditions: [{ kind: "event_property_is", key: "a", value: 0.5 }] }],
    ["override", { ...notify, conditions: [{ kind: "x", more: "\udc00" }] }],
  ];
  for (const [kind, body] of bad) await refused(put(alice, kind, "x", body), 400, "M_BAD_JSON");
  await refused(put(alice, "content", "x", notify), 400, "M_MISSING_PARAM");
  await refused(put(alice, "room", message, { enabled: 1 }, "/enabled"), 400, "M_BAD_JSON");
  await refused(put(alice, "room", message, {}, "/actions"), 400, "M_BAD_JSON");
  const many = (length: number) => Array.from({ length }, () => ({ kind: "x" }));
  const large: [kind: string, body: unknown][] = [
    ["room", { actions: Array.from({ length: 21 }, () => "notify") }],
    ["room", { actions: ["x".repeat(9000)] }],
    ["override", { ...notify, conditions: many(21) }],
    ["override", { ...notify, conditions: [{ kind: "event_match", pattern: "x".repeat(256) }] }],
    ["content", { ...notify, pattern: "x".repeat(256) }],
  ];
  for (const [kind, body] of large) await refused(put(alice, kind, "x", body), 400, "M_TOO_LARGE");
  assert.deepEqual(await ownIds(alice, "override"), []);
});

test("E2: a user's rules together have a size that is bounded", async () => {
  const alice = await newUser();
  const large = { actions: ["x".repeat(8000)] };
  let taken = 0;
  while ((await put(alice, "room", `!${taken}:x`, large)).status === 200) taken++;
  assert.ok(taken > 20 && taken < 40, `${taken} rules were taken`);
  await refused(put(alice, "room", "!another:x", large), 400, "M_TOO_LARGE");
  await succeed(put(alice, "room", "!small:x", notify));
  await succeed(alice.request("DELETE", rulePath("room", "!0:x")));
  await succeed(put(alice, "room", "!another:x", large));
});

test("rules that are made at once are all there", async () => {
  const alice = await newUser();
  const ids = Array.from({ length: 20 }, (_, index) => `!${index}:x`);
  await Promise.all(ids.map((id) => succeed(put(alice, "room", id, notify))));
  assert.deepEqual((await ownIds(alice, "room")).sort(), ids.sort());
});
