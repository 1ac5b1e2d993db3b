import assert from "node:assert/strict";
import { eventually } from "./eventually.ts";
import { sendNumber } from "./following-client.ts";
import type { HostileCase, HostileHouse } from "./hostile-house.ts";
import { drip, nested, type Poured, pour, redirect, Trap } from "./hostile-server.ts";
import { answer, type Behaviour, type Json, type PlayedServer, silence } from "./played-servers.ts";

/** Ms that the attacked server has for what a client asks. */
const timeout = 3000;

interface Asked {
  readonly claimed: Json;
  readonly queried: Json;
  /** Ms that each took. */
  readonly waits: readonly [number, number];
}

/** A client claims and queries keys of the stranger's user and of an honest server's: those of the latter are there. */
async function askForBoth(house: HostileHouse, stranger: PlayedServer): Promise<Asked> {
  const [alice, carol] = [house.alice.client, house.carol.client];
  const mallory = stranger.userId("mallory");
  const algorithm = "signed_curve25519";
  const began = performance.now();
  const { body: claimed } = await alice.post("/keys/claim", {
    one_time_keys: { [mallory]: { PHONE: algorithm }, [carol.userId]: { [carol.deviceId]: algorithm } },
    timeout,
  });
  const between = performance.now();
  const { body: queried } = await alice.post("/keys/query", {
    device_keys: { [mallory]: [], [carol.userId]: [] },
    timeout,
  });
  const waits = [between - began, performance.now() - between] as const;
  assert.equal(Object.keys(claimed.one_time_keys[carol.userId][carol.deviceId]).length, 1, "the honest server's key");
  assert.ok(carol.deviceId in queried.device_keys[carol.userId], "the honest server's device");
  for (const { failures = {} } of [claimed, queried]) assert.ok(!("honest.claviger.test" in failures));
  return { claimed, queried, waits };
}

/** The stranger alone stands in `failures`, of both. */
function assertFailed({ claimed, queried }: Asked, stranger: PlayedServer): void {
  assert.deepEqual(Object.keys(claimed.failures), [stranger.name], "the claim");
  assert.deepEqual(Object.keys(queried.failures), [stranger.name], "the query");
}

function answering(stranger: PlayedServer, behaviour: Behaviour): PlayedServer {
  stranger.on.claim = behaviour;
  stranger.on.query = behaviour;
  return stranger;
}

const waitsOf = ({ waits }: Asked) =>
  `claim ${Math.round(waits[0])} ms, query ${Math.round(waits[1])} ms of ${timeout} ms`;

/** A case of a server that answers so that it has failed. */
function failing(
  name: string,
  what: string,
  behaviourOf: (poured: Poured) => Behaviour,
  mostBytes?: number,
): HostileCase {
  return {
    name,
    what,
    async run(house) {
      const poured = { bytes: 0, hungUp: false };
      const stranger = answering(house.stranger(), behaviourOf(poured));
      const asked = await askForBoth(house, stranger);
      assertFailed(asked, stranger);
      if (mostBytes !== undefined) {
        assert.ok(poured.bytes <= mostBytes, `${poured.bytes} bytes were taken`);
        assert.ok(poured.hungUp);
      }
      const megabytes = poured.bytes > 100_000 ? `, ${(poured.bytes / 1_048_576).toFixed(1)} MiB read` : "";
      return { outcome: "in failures", figure: `${waitsOf(asked)}${megabytes}` };
    },
  };
}

/** Two answers, and what lies in the buffers of sockets and pipes on the way. */
const bound = 64 * 1_048_576;

const othersKeys: HostileCase = {
  name: "C5, Q4: keys in an answer that were not asked for, or are somebody else's, are dropped and counted",
  what: "answers with keys of other servers' users, of devices not asked for, and under wrong names",
  async run(house) {
    const stranger = house.stranger();
    const { alice, carol, bert } = { alice: house.alice.client, carol: house.carol.client, bert: house.bert };
    const mallory = stranger.userId("mallory");
    const phone = stranger.addDevice("mallory", "PHONE");
    const other = stranger.addDevice("other", "PHONE");
    const foreign = { [carol.userId]: { FAKE: carol.keys.deviceKeys() }, [bert.userId]: { FAKE: phone.deviceKeys() } };
    const master = { user_id: carol.userId, usage: ["master"], keys: { "ed25519:abc": "abc" } };
    stranger.on.query = () => ({
      body: {
        device_keys: {
          [mallory]: { PHONE: phone.deviceKeys(), WRONG: phone.deviceKeys(), THEIRS: other.deviceKeys() },
          [other.userId]: { PHONE: other.deviceKeys() },
          ...foreign,
        },
        master_keys: { [carol.userId]: master, [bert.userId]: master, [mallory]: master },
        self_signing_keys: { [carol.userId]: { ...master, usage: ["self_signing"] } },
        user_signing_keys: { [carol.userId]: { ...master, usage: ["user_signing"] } },
      },
    });
    const keys = () => phone.oneTimeKeys(3);
    stranger.on.claim = () => ({
      body: {
        one_time_keys: {
          [mallory]: { PHONE: keys(), OTHER: keys() },
          [other.userId]: { PHONE: keys() },
          [carol.userId]: { [carol.deviceId]: keys() },
          [bert.userId]: { [bert.deviceId]: keys() },
        },
      },
    });
    const before = await house.metric("claviger_federation_keys_dropped_total");
    const { claimed, queried } = await askForBoth(house, stranger);
    assert.deepEqual(claimed.failures ?? {}, {});
    assert.deepEqual(Object.keys(claimed.one_time_keys).sort(), [carol.userId, mallory].sort());
    assert.deepEqual(Object.keys(claimed.one_time_keys[mallory]), ["PHONE"]);
    assert.equal(Object.keys(claimed.one_time_keys[mallory].PHONE).length, 1, "at most the number asked");
    assert.deepEqual(Object.keys(claimed.one_time_keys[carol.userId]), [carol.deviceId]);
    assert.deepEqual(Object.keys(queried.device_keys).sort(), [carol.userId, mallory].sort());
    assert.deepEqual(Object.keys(queried.device_keys[mallory]), ["PHONE"]);
    assert.deepEqual(Object.keys(queried.device_keys[carol.userId]), [carol.deviceId]);
    for (const kind of ["master_keys", "self_signing_keys", "user_signing_keys"]) {
      assert.deepEqual(queried[kind] ?? {}, {}, kind);
    }
    assert.ok(!("FAKE" in (await alice.query(bert.userId)).device_keys[bert.userId]));
    const dropped = (await house.metric("claviger_federation_keys_dropped_total")) - before;
    assert.ok(dropped > 0);
    return { outcome: "dropped and counted", figure: `${dropped} counted, none shown` };
  },
};

const redirects: HostileCase = {
  name: "E2: an answer that sends the server to a private address is not followed",
  what: "answers 301, 302, 307 and 308 to an address in the private network",
  async run(house) {
    const trap = await Trap.set();
    try {
      for (const status of [301, 302, 307, 308]) {
        const stranger = answering(house.stranger(), redirect(status, `https://127.0.0.1:${trap.port}/`));
        assertFailed(await askForBoth(house, stranger), stranger);
      }
      assert.equal(trap.connections, 0);
    } finally {
      trap.close();
    }
    return { outcome: "in failures", figure: "0 requests to the private address" };
  },
};

const notJson: HostileCase = {
  name: "C5, E2: an answer that is no JSON object is a failure of its server",
  what: "answers with an empty body, HTML, half of an object, a list, a number",
  async run(house) {
    const texts = ["", "<html>", '{"one_time_keys":{', "[]", "7", '"text"', "null"];
    for (const text of texts) {
      const stranger = answering(house.stranger(), () => (response) => {
        response.writeHead(200, { "content-type": "application/json" }).end(text);
      });
      assertFailed(await askForBoth(house, stranger), stranger);
    }
    return { outcome: "in failures", figure: `${texts.length} of ${texts.length}` };
  },
};

const privateNames: HostileCase = {
  name: "E2: names of servers that lead to private addresses are asked nothing",
  what: "has users whose server's name is a private address, or is said by its DNS to be one",
  async run(house) {
    const trap = await Trap.set();
    const liar = house.stranger();
    const hosts = ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "inside.example", "0.0.0.0"];
    const names = [...hosts.map((host) => `${host}:${trap.port}`), "10.0.0.1", "169.254.169.254", "[fd00::1]"];
    try {
      for (const name of names) {
        const userId = `@user:${name}`;
        const asked = { one_time_keys: { [userId]: { PHONE: "signed_curve25519" } }, timeout };
        const { body } = await house.alice.client.post("/keys/claim", asked);
        assert.deepEqual(Object.keys(body.failures), [name]);
        assert.deepEqual(Object.keys((await house.alice.client.query(userId)).failures), [name]);
        // Whoever claims to be such a server makes nobody look for its keys.
        const uri = "/_matrix/federation/v1/user/devices/@nobody:victim.claviger.test";
        const { status } = await liar.request(house.victim, "GET", uri, undefined, { origin: name });
        assert.ok(status >= 400 && status < 500, `${name}: ${status}`);
      }
      assert.equal(trap.connections, 0);
    } finally {
      trap.close();
    }
    return { outcome: "in failures", figure: `0 connections for ${names.length} names` };
  },
};

const deviceLists: HostileCase = {
  name: "E2: a followed user's server that answers for the device list without end, or nonsense, is asked later and later",
  what: "answers the request for a followed user's devices without end, with others' devices, with 404",
  async run(house) {
    const figures: string[] = [];
    const other = house.stranger();
    other.addDevice("mallory", "PHONE");
    const poured = { bytes: 0, hungUp: false };
    for (const [kind, behaviour] of [
      ["without end", pour(Number.POSITIVE_INFINITY, poured)],
      ["another user's list", () => other.devices(other.userId("mallory"))],
      ["nonsense", () => ({ body: { user_id: 7, stream_id: "x", devices: {} } })],
      ["404", () => ({ status: 404, body: { errcode: "M_NOT_FOUND", error: "Unknown user" } })],
    ] as const) {
      const stranger = house.stranger();
      stranger.on.devices = behaviour as Behaviour;
      await sendNumber(house.alice.client, { userId: stranger.userId("mallory"), deviceId: "PHONE" }, 0);
      await eventually(() => assert.ok(stranger.heardOn("devices").length > 0));
      for (let minutes = 0; minutes < 10; minutes++) {
        house.federation.clock.move(60_000);
        await house.untilRound();
      }
      const count = stranger.heardOn("devices").length;
      assert.ok(count <= (kind === "404" ? 1 : 15), `${kind}: asked ${count} times in ten minutes`);
      figures.push(`${kind}: ${count}`);
      const { device_keys: keys } = await house.alice.client.query(stranger.userId("mallory"));
      assert.deepEqual(keys[stranger.userId("mallory")] ?? {}, {}, kind);
    }
    return { outcome: "asked with pauses", figure: `requests in ten minutes: ${figures.join("; ")}` };
  },
};

/** What a hostile server answers. */
export const answersOfStrangers: readonly HostileCase[] = [
  othersKeys,
  failing(
    "C5, E2: an answer of 200 MB is not read to its end",
    "answers with 200 MB",
    (poured) => pour(200_000_000, poured),
    bound,
  ),
  failing(
    "C5, E2: an answer without an end is not read for ever",
    "answers without end, as fast as it can",
    (poured) => pour(Number.POSITIVE_INFINITY, poured),
    bound,
  ),
  failing("C5, E2: an answer that comes a byte a second ends at the deadline", "answers a byte a second", drip),
  failing(
    "C5, E2: a server that says nothing ends at the deadline",
    "takes the request and says nothing",
    () => () => silence,
  ),
  failing(
    "C5, E2: an answer 100,000 levels deep is a failure",
    "answers JSON that is 100,000 levels deep",
    () => () => nested(100_000),
  ),
  failing("C5, E2: errors are failures of their server", "answers 500 with a large text", () => () => (response) => {
    answer(response, 500, { errcode: "M_UNKNOWN", error: "x".repeat(100_000) });
  }),
  ...[redirects, notJson, privateNames, deviceLists],
];
