import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonValue } from "../../../src/protocol/json.ts";
import type { Deviation } from "./calling-server.ts";
import { serveFederation } from "./serve-federation.ts";

const query = { device_keys: { "@nobody:example.org": [] } };
const path = "/user/keys/query";

interface Refusal {
  readonly what: string;
  readonly so: Deviation;
  readonly reason: string;
  readonly text: RegExp;
}

const refusals: readonly Refusal[] = [
  {
    ...{ what: "without a header", reason: "malformed", text: /must be signed/ },
    so: { header: () => undefined },
  },
  {
    ...{ what: "with an access token", reason: "malformed", text: /must be signed/ },
    so: { header: () => "Bearer abc" },
  },
  {
    ...{ what: "without a signature", reason: "malformed", text: /must be signed/ },
    so: { header: ({ origin, key }) => `X-Matrix origin="${origin}",key="${key}"` },
  },
  {
    ...{ what: "for another server", reason: "other_destination", text: /for third\.example/ },
    so: {
      signed: { destination: "third.example" },
      header: ({ origin, key, sig }) =>
        `X-Matrix origin="${origin}",destination="third.example",key="${key}",sig="${sig}"`,
    },
  },
  {
    ...{ what: "signed for another server", reason: "bad_signature", text: /does not verify/ },
    so: { signed: { destination: "third.example" } },
  },
  {
    ...{ what: "in the name of this server", reason: "malformed", text: /in the name of this server/ },
    so: { header: ({ key, sig }) => `X-Matrix origin="example.org",key="${key}",sig="${sig}"` },
  },
  {
    ...{
      what: "with a key that the server does not have",
      reason: "unknown_key",
      text: /ed25519:other of calling\.example/,
    },
    so: { header: ({ origin, sig }) => `X-Matrix origin="${origin}",key="ed25519:other",sig="${sig}"` },
  },
  {
    ...{ what: "with a signature that is none", reason: "bad_signature", text: /does not verify/ },
    so: { header: ({ origin, key }) => `X-Matrix origin="${origin}",key="${key}",sig="AAAA"` },
  },
  {
    ...{ what: "with another body", reason: "bad_signature", text: /does not verify/ },
    so: { body: JSON.stringify({ device_keys: { "@somebody:example.org": [] } }) },
  },
  {
    ...{ what: "with a body that was not signed", reason: "bad_signature", text: /does not verify/ },
    so: { signed: { content: { device_keys: {} } } },
  },
  {
    ...{ what: "signed for another path", reason: "bad_signature", text: /does not verify/ },
    so: { signed: { uri: "/_matrix/federation/v1/user/keys/claim" } },
  },
  {
    ...{ what: "signed for another method", reason: "bad_signature", text: /does not verify/ },
    so: { signed: { method: "PUT" } },
  },
  {
    ...{ what: "signed in another server's name", reason: "bad_signature", text: /does not verify/ },
    so: { signed: { origin: "third.example" } },
  },
];

for (const { what, so, reason, text } of refusals) {
  test(`a request ${what} is refused: 401`, async (t) => {
    const { caller, events } = await serveFederation(t);
    const { status, body } = await caller("calling.example").post(path, query, so);
    assert.deepEqual([status, body.errcode], [401, "M_UNAUTHORIZED"]);
    assert.match(body.error, text);
    assert.deepEqual(
      events.filter((event) => event.startsWith("refused")),
      [`refused ${reason}`],
    );
    assert.ok(!events.includes("calling.example is alive"));
  });
}

const accepted: readonly [string, Deviation][] = [
  ["as servers send it", {}],
  [
    "without a destination, as older servers send it",
    { header: ({ origin, key, sig }) => `X-Matrix origin=${origin},key="${key}",sig="${sig}"` },
  ],
  [
    "with colons that stand without quotes",
    {
      header: ({ origin, destination, key, sig }) =>
        `X-Matrix origin=${origin},destination=${destination},key=${key},sig="${sig}"`,
    },
  ],
  [
    "with names and scheme in other cases, white space, and a parameter that nobody knows",
    { header: ({ origin, key, sig }) => `x-matrix  Key="${key}" , SIG="${sig}",\t more=1, Origin="${origin}"` },
  ],
  [
    "whose body has its members in another order, and white space",
    { body: JSON.stringify({ z: 1, ...query }, null, 2) },
  ],
];

for (const [what, so] of accepted) {
  test(`a request ${what} is taken`, async (t) => {
    const { caller, events } = await serveFederation(t);
    const content = so.body === undefined ? query : (JSON.parse(so.body) as JsonValue);
    const { status } = await caller("calling.example").post(path, content, so);
    assert.equal(status, 200);
    assert.ok(events.includes("calling.example is alive"));
  });
}

test("a body with fractions, which has no canonical JSON, is taken as it was signed", async (t) => {
  const { caller, events, newClient } = await serveFederation(t);
  const alice = await newClient("alice");
  const server = caller("calling.example");
  const content = { n: 1.5 };
  const messages = { [alice.userId]: { [alice.deviceId]: content } };
  const edu = directToDevice(server.user("bob"), messages);
  const transaction = { edus: [edu], origin: server.name, origin_server_ts: 1, pdus: [] };
  const answer = await server.signedAsSent("PUT", "/send/1", JSON.stringify(transaction));
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  const { to_device } = await alice.sync();
  assert.deepEqual(to_device.events[0].content, content);
  assert.ok(events.includes("m.direct_to_device taken"));
});

function directToDevice(sender: string, messages: JsonValue) {
  return { content: { message_id: "m1", messages, sender, type: "m.test" }, edu_type: "m.direct_to_device" };
}

test("a query string is signed with the path", async (t) => {
  const { caller, newClient } = await serveFederation(t);
  const { userId } = await newClient("alice");
  const server = caller("calling.example");
  const uri = `/query/profile?user_id=${encodeURIComponent(userId)}`;
  assert.equal((await server.get(uri)).status, 200);
  const signed = { uri: "/_matrix/federation/v1/query/profile" };
  assert.equal((await server.get(uri, { signed })).status, 401);
});

test("a server whose keys cannot be found is refused before its body is read, and is looked for once in a row", async (t) => {
  const { stranger, events } = await serveFederation(t);
  // Not JSON: whoever read it would say so.
  const { status, body } = await stranger("stranger.example").post(path, {}, { body: "{" });
  assert.deepEqual([status, body.errcode], [401, "M_UNAUTHORIZED"]);
  assert.deepEqual(events, ["keys of stranger.example", "refused unknown_key"]);
});

test("the keys of a server are asked for once", async (t) => {
  const { caller, events } = await serveFederation(t);
  const server = caller("calling.example");
  for (let index = 0; index < 3; index++) assert.equal((await server.post(path, query)).status, 200);
  assert.equal(events.filter((event) => event === "keys of calling.example").length, 1);
});

test("E1: of an address few strangers are looked for, and a server is limited by its name", async (t) => {
  const { caller, stranger, events, house } = await serveFederation(t, {}, { perSecond: 0.001, burst: 2 });
  assert.equal((await stranger("one.example").post(path, query)).status, 401);
  assert.equal((await stranger("two.example").post(path, query)).status, 401);
  const third = await stranger("three.example").post(path, query);
  assert.deepEqual([third.status, third.body.errcode], [429, "M_LIMIT_EXCEEDED"]);
  assert.deepEqual(
    events.filter((event) => event.startsWith("keys of")),
    ["keys of one.example", "keys of two.example"],
  );
  house.clock.advance(3600_000);
  const server = caller("calling.example");
  assert.equal((await server.post(path, query)).status, 200);
  assert.equal((await server.post(path, query)).status, 200);
  assert.equal((await server.post(path, query)).status, 429);
});

test("E1: of an address few servers are met, be it by signed requests or by asking the notary", async (t) => {
  const { caller, stranger, events, house, url } = await serveFederation(t, {}, { perSecond: 1000, burst: 1000 });
  const known = caller("calling.example");
  assert.equal((await known.post(path, query)).status, 200);
  for (let index = 0; index < 49; index++) {
    assert.equal((await stranger(`s${index}.example`).post(path, query)).status, 401);
  }
  const beyond = await stranger("beyond.example").post(path, query);
  assert.deepEqual([beyond.status, beyond.body.errcode, beyond.body.retry_after_ms], [429, "M_LIMIT_EXCEEDED", 100]);
  const asked = await fetch(`${url}/_matrix/key/v2/query/beyond.example`);
  assert.deepEqual([asked.status, await asked.json()], [200, { server_keys: [] }]);
  assert.ok(!events.includes("keys of beyond.example"));
  assert.equal((await known.post(path, query)).status, 200);
  house.clock.advance(100);
  assert.equal((await stranger("beyond.example").post(path, query)).status, 401);
  assert.ok(events.includes("keys of beyond.example"));
});

test("E2: hostile bodies of other servers are refused", async (t) => {
  const { caller, events } = await serveFederation(t);
  const server = caller("calling.example");
  const deep = `${"[".repeat(200)}${"]".repeat(200)}`;
  const cases: [string, number, string][] = [
    ["{", 400, "M_NOT_JSON"],
    [deep, 400, "M_BAD_JSON"],
    ["", 401, "M_UNAUTHORIZED"],
    ["7", 400, "M_BAD_JSON"],
    ['{"device_keys":7}', 400, "M_BAD_JSON"],
    [`{"a":"${"x".repeat(1_100_000)}"}`, 413, "M_TOO_LARGE"],
  ];
  for (const [text, status, errcode] of cases) {
    const answer =
      text === "" ? await server.post(path, {}, { body: "" }) : await server.signedAsSent("POST", path, text);
    assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], text.slice(0, 30));
  }
  assert.deepEqual(
    events.filter((event) => event.startsWith("failed")),
    [],
  );
});
