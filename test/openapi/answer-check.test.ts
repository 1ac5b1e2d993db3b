import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkAnswer, checkRequest } from "./answer-check.ts";
import { alice, crossSigningKey, deviceKeys, signedKey } from "./sample-keys.ts";

const client = "/_matrix/client/v3";

interface Sample {
  readonly operationId: string;
  readonly request: string;
  readonly status?: number;
  readonly good: readonly unknown[];
  /** A part of the problem that must be found, with the body that has it. */
  readonly bad: readonly (readonly [string, unknown])[];
}

const device = { JLAFKJWSCS: { ...deviceKeys, unsigned: { device_display_name: "Phone" } } };
const event = { sender: alice, type: "m.room_key_request", content: {} };
const oneKey = { "signed_curve25519:AAAAHg": signedKey };
const flows = [{ stages: ["m.login.password"] }];
const failure = { status: 503, errcode: "M_UNKNOWN", error: "No answer", message: "No answer" };
const { signatures: _, ...unsignedDevice } = deviceKeys;
const wrongUsage = { [alice]: crossSigningKey("self_signing") };

/** What a sync answer carries beside `body` for a requester with a device. */
function sync(body: object): object {
  return { next_batch: "s1", device_unused_fallback_key_types: [], ...body };
}

const keySamples: Sample[] = [
  {
    operationId: "uploadKeys",
    request: `POST ${client}/keys/upload`,
    good: [{ one_time_key_counts: { signed_curve25519: 0 } }, { one_time_key_counts: {}, "org.example.more": 1 }],
    bad: [
      ["required property 'one_time_key_counts'", {}],
      ["/one_time_key_counts/signed_curve25519 must be integer", { one_time_key_counts: { signed_curve25519: "50" } }],
      ["/one_time_key_counts/signed_curve25519 must be >= 0", { one_time_key_counts: { signed_curve25519: -1 } }],
      ["the body must be object", []],
      ["the body must be object", null],
    ],
  },
  {
    operationId: "queryKeys",
    request: `POST ${client}/keys/query`,
    good: [
      { device_keys: { [alice]: device }, master_keys: { [alice]: crossSigningKey("master") } },
      { device_keys: { [alice]: {} }, failures: { "example.com": failure } },
    ],
    bad: [
      ["required property 'device_keys'", { failures: {} }],
      [
        "JLAFKJWSCS must have required property 'signatures'",
        { device_keys: { [alice]: { JLAFKJWSCS: unsignedDevice } } },
      ],
      ["/unsigned must be object", { device_keys: { [alice]: { JLAFKJWSCS: { ...deviceKeys, unsigned: [] } } } }],
      ['additional properties: "alice"', { device_keys: { alice: {} } }],
      ["says that it is device JLAFKJWSCS", { device_keys: { [alice]: { OTHER: deviceKeys } } }],
      ["/master_keys/@alice:example.org is not for master", { device_keys: {}, master_keys: wrongUsage }],
      [
        "/usage must be array",
        { device_keys: {}, user_signing_keys: { [alice]: { user_id: alice, usage: "user_signing" } } },
      ],
      ["/failures/example.com must be object", { device_keys: {}, failures: { "example.com": "down" } }],
    ],
  },
  {
    operationId: "claimKeys",
    request: `POST ${client}/keys/claim`,
    good: [
      { one_time_keys: { [alice]: { JLAFKJWSCS: oneKey } }, failures: {} },
      { one_time_keys: { [alice]: { JLAFKJWSCS: { "signed_curve25519:A": { ...signedKey, fallback: true } } } } },
      { one_time_keys: { [alice]: { JLAFKJWSCS: { "curve25519:A": "a2V5" } } } },
      // MSC4072: nothing left, and a user who is not known.
      { one_time_keys: { [alice]: { JLAFKJWSCS: {} }, "@nobody:example.org": { X: {} } } },
    ],
    bad: [
      ["required property 'one_time_keys'", { failures: {} }],
      ["must have required property 'signatures'", claimed({ "signed_curve25519:A": { key: "a2V5" } })],
      ["/signed_curve25519:A must be string", claimed({ "signed_curve25519:A": 5 })],
      ["must match pattern", claimed({ AAAAHg: signedKey })],
      ["must NOT have more than 1 properties", claimed({ ...oneKey, "signed_curve25519:B": signedKey })],
      ["/JLAFKJWSCS must be object", claimed(null)],
    ],
  },
  {
    operationId: "getKeysChanges",
    request: `GET ${client}/keys/changes?from=a&to=b`,
    good: [{ changed: [alice], left: [] }, {}],
    bad: [
      ["/changed must be array", { changed: alice }],
      ["/left/0 must match pattern", { left: ["alice"] }],
    ],
  },
  {
    operationId: "uploadCrossSigningSignatures",
    request: `POST ${client}/keys/signatures/upload`,
    good: [{}, { failures: { [alice]: { JLAFKJWSCS: failure } } }],
    bad: [
      ["required property 'errcode'", { failures: { [alice]: { JLAFKJWSCS: { error: "No" } } } }],
      ["/failures must be object", { failures: [] }],
    ],
  },
  {
    operationId: "claimUserEncryptionKeys",
    request: "POST /_matrix/federation/v1/user/keys/claim",
    good: [{ one_time_keys: { [alice]: { JLAFKJWSCS: oneKey } } }],
    bad: [["required property 'one_time_keys'", {}]],
  },
  {
    operationId: "queryUserEncryptionKeys",
    request: "POST /_matrix/federation/v1/user/keys/query",
    good: [{ device_keys: { [alice]: device } }],
    bad: [["says that it is a key of @alice", { device_keys: {}, master_keys: { "@b:c": crossSigningKey("master") } }]],
  },
  {
    operationId: "getUserDevices",
    request: `GET /_matrix/federation/v1/user/devices/${alice}`,
    good: [{ user_id: alice, stream_id: 5, devices: [{ device_id: "JLAFKJWSCS", keys: deviceKeys }] }],
    bad: [
      ["/stream_id must be integer", { user_id: alice, stream_id: "5", devices: [] }],
      [
        "/devices/0 must have required property 'keys'",
        { user_id: alice, stream_id: 5, devices: [{ device_id: "A" }] },
      ],
    ],
  },
];

const otherSamples: Sample[] = [
  {
    operationId: "sync",
    request: `GET ${client}/sync`,
    good: [
      { next_batch: "s1" },
      sync({ device_one_time_keys_count: { signed_curve25519: 0 }, to_device: { events: [event] } }),
      sync({ device_lists: { changed: [alice], left: [] }, rooms: { join: {} } }),
      sync({ "org.matrix.msc2732.device_unused_fallback_keys": [], device_unused_fallback_keys: [] }),
    ],
    bad: [
      ["required property 'next_batch'", { rooms: {} }],
      ["must have property device_unused_fallback_key_types", { next_batch: "s1", to_device: { events: [] } }],
      ["/device_one_time_keys_count/signed_curve25519 must be integer", countedSync(null)],
      [
        "/to_device/events/0 must have required property 'sender'",
        sync({ to_device: { events: [{ type: "a", content: {} }] } }),
      ],
      ['additional properties: "event_id"', sync({ to_device: { events: [{ ...event, event_id: "$a" }] } })],
      ["/device_lists/changed/0 must be string", sync({ device_lists: { changed: [{}] } })],
      ["/device_unused_fallback_key_types must be array", sync({ device_unused_fallback_key_types: {} })],
      ['additional properties: "room"', sync({ rooms: { join: { room: {} } } })],
      [
        "must have required property 'event_id'",
        sync({ rooms: { join: { "!r:x": { timeline: { events: [event] } } } } }),
      ],
      ["must have required property 'content'", sync({ account_data: { events: [{ type: "m.direct" }] } })],
    ],
  },
  {
    operationId: "login",
    request: `POST ${client}/login`,
    good: [{ user_id: alice, access_token: "t", device_id: "A", refresh_token: "r", expires_in_ms: 1000 }],
    bad: [
      ["required property 'device_id'", { user_id: alice, access_token: "t" }],
      ["/user_id must match pattern", { user_id: "alice", access_token: "t", device_id: "A" }],
      ["/expires_in_ms must be integer", { user_id: alice, access_token: "t", device_id: "A", expires_in_ms: 1.5 }],
    ],
  },
  {
    operationId: "getLoginFlows",
    request: `GET ${client}/login`,
    good: [{ flows: [{ type: "m.login.password" }] }],
    bad: [
      ["required property 'flows'", {}],
      ["/flows/0 must have required property 'type'", { flows: [{}] }],
    ],
  },
  {
    operationId: "register",
    request: `POST ${client}/register`,
    good: [{ user_id: alice }, { user_id: alice, access_token: "t", device_id: "A" }],
    bad: [["required property 'user_id'", { access_token: "t" }]],
  },
  {
    operationId: "getVersions",
    request: "GET /_matrix/client/versions",
    good: [{ versions: ["r0.6.1", "v1.19"], unstable_features: { "org.matrix.msc4072": true } }],
    bad: [
      ["/versions/0 must match pattern", { versions: ["1.19"] }],
      ["must be boolean", { versions: ["v1.1"], unstable_features: { "org.matrix.msc4072": "yes" } }],
    ],
  },
  {
    operationId: "getDevices",
    request: `GET ${client}/devices`,
    good: [{ devices: [{ device_id: "A", last_seen_ts: 1 }] }],
    bad: [
      ["required property 'devices'", {}],
      ["/devices/0 must have required property 'device_id'", { devices: [{ display_name: "Phone" }] }],
    ],
  },
  {
    operationId: "getTokenOwner",
    request: `GET ${client}/account/whoami`,
    good: [{ user_id: alice, device_id: "A" }],
    bad: [["/device_id must be string", { user_id: alice, device_id: null }]],
  },
  {
    operationId: "defineFilter",
    request: `POST ${client}/user/${alice}/filter`,
    good: [{ filter_id: "1" }],
    bad: [["/filter_id must be string", { filter_id: 1 }]],
  },
  {
    operationId: "getRoomState",
    request: `GET ${client}/rooms/!r:x/state`,
    good: [[]],
    bad: [["the body must be array", {}]],
  },
  {
    operationId: "deleteDevice",
    request: `DELETE ${client}/devices/A`,
    status: 401,
    good: [
      { flows, session: "s", params: {}, completed: [] },
      { flows, session: "s", errcode: "M_FORBIDDEN", error: "Wrong password" },
      { errcode: "M_UNKNOWN_TOKEN", error: "Unknown token", soft_logout: false },
    ],
    bad: [
      ["required property 'flows'", { session: "s" }],
      ["/flows/0 must have required property 'stages'", { flows: [{}] }],
      ["must have property error when property errcode is present", { flows, errcode: "M_FORBIDDEN" }],
    ],
  },
];

function claimed(keys: unknown): object {
  return { one_time_keys: { [alice]: { JLAFKJWSCS: keys } } };
}

function countedSync(count: unknown): object {
  return sync({ device_one_time_keys_count: { signed_curve25519: count } });
}

function check(request: string, status: number, body: unknown) {
  const [method = "", path = ""] = request.split(" ");
  return checkAnswer({ method, path, status, body });
}

for (const { operationId, request, status = 200, good, bad } of [...keySamples, ...otherSamples]) {
  describe(`${operationId} ${status}`, () => {
    test("right answers pass", () => {
      for (const body of good) assert.deepEqual(check(request, status, body), { operationId, problems: [] });
    });
    for (const [problem, body] of bad) {
      test(`is told: ${problem}`, () => {
        const { problems } = check(request, status, body);
        assert.ok(problems.join("\n").includes(problem), problems.join("\n") || "no problem was found");
      });
    }
  });
}

describe("refusals", () => {
  const upload = `POST ${client}/keys/upload`;
  const duplicate = { errcode: "io.github.johennes.msc4420.M_DUPLICATE_ONE_TIME_KEY", error: "exists" };

  test("are the standard error with any status, listed or not", () => {
    for (const status of [400, 401, 403, 404, 405, 413, 429, 500, 502, 503]) {
      assert.deepEqual(check(upload, status, { errcode: "M_UNKNOWN", error: "No" }).problems, []);
      assert.notDeepEqual(check(upload, status, { errcode: "M_UNKNOWN" }).problems, []);
      assert.notDeepEqual(check(upload, status, { error: "No" }).problems, []);
    }
  });

  test("may have further members", () => {
    assert.deepEqual(check(upload, 400, { ...duplicate, "io.claviger.conflicts": ["a:b"] }).problems, []);
  });

  test("have an errcode of the specification's form, and whole milliseconds", () => {
    assert.notDeepEqual(check(upload, 400, { errcode: "Bad Request", error: "No" }).problems, []);
    const limited = { errcode: "M_LIMIT_EXCEEDED", error: "Slow down" };
    assert.deepEqual(check(upload, 429, { ...limited, retry_after_ms: 20 }).problems, []);
    assert.notDeepEqual(check(upload, 429, { ...limited, retry_after_ms: "20" }).problems, []);
  });

  test("of user-interactive authentication are for its own endpoints", () => {
    const crossSigning = `POST ${client}/keys/device_signing/upload`;
    assert.deepEqual(check(crossSigning, 401, { flows, session: "s", params: {} }).problems, []);
    assert.notDeepEqual(check(upload, 401, { flows, session: "s", params: {} }).problems, []);
  });
});

describe("what the specification does not have", () => {
  test("a status is reported", () => {
    assert.match(check(`POST ${client}/keys/upload`, 202, {}).problems.join(), /status 202 is not one .* \(200\)/);
  });

  test("an operation is reported, unless it is refused as unknown", () => {
    const unknown = check(`POST ${client}/keys/steal`, 200, {});
    assert.equal(unknown.operationId, undefined);
    assert.match(unknown.problems.join(), /no operation POST/);
    assert.deepEqual(check(`PATCH ${client}/sync`, 405, { errcode: "M_UNRECOGNIZED", error: "No" }).problems, []);
    assert.notDeepEqual(check(`PATCH ${client}/sync`, 405, { errcode: "M_UNKNOWN", error: "No" }).problems, []);
    assert.notDeepEqual(check(`PATCH ${client}/sync`, 404, "not found").problems, []);
  });

  test("of a chapter without a copy only the outline is checked", () => {
    const typing = `PUT ${client}/rooms/!r:x/typing/${alice}`;
    assert.deepEqual(check(typing, 200, {}), { operationId: "setTyping", problems: [] });
    assert.notDeepEqual(check(typing, 200, "").problems, []);
    assert.notDeepEqual(check(typing, 403, {}).problems, []);
  });
});

test("requests are checked too, for those who mean to send a right one", () => {
  const upload = { method: "POST", path: `${client}/keys/upload` };
  assert.deepEqual(checkRequest({ ...upload, body: { device_keys: deviceKeys } }).problems, []);
  assert.notDeepEqual(checkRequest({ ...upload, body: { device_keys: unsignedDevice } }).problems, []);
  assert.notDeepEqual(checkRequest({ ...upload, body: undefined }).problems, []);
  assert.notDeepEqual(checkRequest({ ...upload, path: "/keys/upload", body: {} }).problems, []);
});
