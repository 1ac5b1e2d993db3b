import assert from "node:assert/strict";
import { connect } from "node:tls";
import { type Client, newClient } from "../support/client.ts";
import { signingPair } from "../support/signed-keys.ts";
import { upload } from "./changing-devices.ts";
import { eventually } from "./eventually.ts";
import { FollowingClient, sendNumber } from "./following-client.ts";
import type { HostileCase, HostileHouse } from "./hostile-house.ts";
import { deviceListUpdate } from "./hostile-server.ts";
import { directToDevice, type Forgery, type PlayedServer, silence } from "./played-servers.ts";
import { authorizationOf } from "./x-matrix.ts";

const federation = "/_matrix/federation/v1";
/** Ms. */
const minute = 60_000;

/** How many one-time keys a device has. */
async function countKeys(client: Client): Promise<number> {
  return (await client.sync()).device_one_time_keys_count.signed_curve25519;
}

/** As many at once as a server may have connections. */
async function inParallel<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const run = async () => {
    for (let index = next++; index < count; index = next++) results[index] = await work(index);
  };
  await Promise.all(Array.from({ length: 20 }, run));
  return results;
}

/** One request to each endpoint that tells or changes something of a user. */
function requestsAbout(client: Client, stranger: PlayedServer): readonly (readonly [string, string, object?])[] {
  const { userId, deviceId } = client;
  const edus = [directToDevice(stranger.userId("mallory"), client, { number: 1 }, "m")];
  return [
    ["POST", `${federation}/user/keys/claim`, { one_time_keys: { [userId]: { [deviceId]: "signed_curve25519" } } }],
    ["POST", `${federation}/user/keys/query`, { device_keys: { [userId]: [] } }],
    ["GET", `${federation}/user/devices/${encodeURIComponent(userId)}`],
    ["PUT", `${federation}/send/forged`, { origin: stranger.name, origin_server_ts: 1, pdus: [], edus }],
  ];
}

/** Each with what is wrong with it. */
function forgeries(house: HostileHouse, stranger: PlayedServer): readonly (readonly [string, Forgery])[] {
  const { name } = house.victim;
  const ofAnother = { method: "GET", uri: "/", origin: stranger.name, destination: name };
  return [
    ["another key under the published id", { pair: signingPair() }],
    ["another body", { content: { something: "else" } }],
    ["another destination", { destination: "honest.claviger.test" }],
    ["a key id that is not published", { keyId: "ed25519:nobody" }],
    ["the name of an honest server", { origin: "honest.claviger.test" }],
    ["the name of the attacked server itself", { origin: name }],
    ["the header of another request", { authorization: authorizationOf(ofAnother, stranger.keyId, stranger.pair) }],
    ["no header", { authorization: null }],
    ["no X-Matrix", { authorization: "Bearer abc" }],
    ["an empty X-Matrix", { authorization: "X-Matrix " }],
    ["a signature that is none", { authorization: `X-Matrix origin="${stranger.name}",key="ed25519:played",sig="?"` }],
  ];
}

const forgedRequests: HostileCase = {
  name: "E2: requests whose signatures are wrong are refused, whatever is wrong with them, and do nothing",
  what: "sends requests with eleven kinds of wrong signatures to four endpoints",
  async run(house) {
    const stranger = house.stranger();
    const before = await countKeys(house.bert);
    const counted = await house.metric("claviger_federation_requests_refused_total");
    let refused = 0;
    for (const [, forgery] of forgeries(house, stranger)) {
      for (const [method, uri, body] of requestsAbout(house.bert, stranger)) {
        const { status, body: answer } = await stranger.request(house.victim, method, uri, body, forgery);
        assert.ok(status === 401 || status === 403, `${method} ${uri} ${JSON.stringify(forgery)}: ${status}`);
        assert.equal(typeof answer.errcode, "string");
        refused += 1;
      }
    }
    const { to_device: received, device_one_time_keys_count: counts } = await house.bert.sync();
    assert.deepEqual([received?.events ?? [], counts.signed_curve25519], [[], before]);
    assert.equal((await house.metric("claviger_federation_requests_refused_total")) - counted, refused);
    return { outcome: "all refused and counted", figure: `${refused} of ${refused} refused, nothing changed` };
  },
};

const othersUsers: HostileCase = {
  name: "E2: EDUs about users of other servers are dropped and counted",
  what: "sends messages and device lists in the names of the attacked server's and a third server's users",
  async run(house) {
    const stranger = house.stranger();
    const [alice, carol] = [house.alice.client, house.carol.client];
    const cross = { master_key: { user_id: carol.userId, usage: ["master"], keys: {} } };
    const lies = [
      directToDevice(carol.userId, alice, { number: 666 }, "lie-1"),
      directToDevice(house.bert.userId, alice, { number: 667 }, "lie-2"),
      deviceListUpdate(carol.userId, carol.deviceId, 1, [], { deleted: true }),
      deviceListUpdate(house.bert.userId, house.bert.deviceId, 1, [], { deleted: true }),
      { edu_type: "m.signing_key_update", content: { user_id: carol.userId, ...cross } },
      { edu_type: "m.signing_key_update", content: { user_id: house.bert.userId, ...cross } },
    ];
    const dropped = await house.metric("claviger_federation_edus_total", 'outcome="dropped"');
    const { status, body } = await stranger.send(house.victim, lies);
    assert.equal(status, 200, JSON.stringify(body));
    const rubbish = [{}, null, 1, [], { edu_type: 7, content: {} }, { edu_type: "m.direct_to_device" }];
    assert.ok((await stranger.send(house.victim, rubbish as object[])).status < 500);
    for (const owner of [carol, house.bert]) {
      assert.ok(owner.deviceId in (await alice.query(owner.userId)).device_keys[owner.userId]);
    }
    // The messages of the lies would be seen by each round of honest people.
    await house.untilRound();
    const counted = (await house.metric("claviger_federation_edus_total", 'outcome="dropped"')) - dropped;
    assert.ok(counted >= lies.length, `${counted} were counted`);
    return { outcome: "all dropped and counted", figure: `0 of ${lies.length} taken` };
  },
};

const replays: HostileCase = {
  name: "S3: a transaction that is sent 50 times, and its messages in 50 other transactions, are delivered once",
  what: "sends one transaction 50 times, half of them at once, and its messages 50 times in new transactions",
  async run(house) {
    const stranger = house.stranger();
    const dana = new FollowingClient(await newClient(house.victim.url, "dana"));
    const sender = stranger.userId("mallory");
    const edus = [0, 1, 2, 3, 4].map((number) => directToDevice(sender, dana.client, { number }, `message-${number}`));
    const resend = async (id?: string) => {
      const { status } = await stranger.send(house.victim, edus, id === undefined ? {} : { id });
      assert.equal(status, 200);
    };
    await Promise.all(Array.from({ length: 25 }, () => resend("replayed")));
    for (let count = 0; count < 25; count++) await resend("replayed");
    await inParallel(50, () => resend());
    await dana.sync();
    await dana.sync();
    assert.deepEqual(dana.numbersOf(sender), [0, 1, 2, 3, 4]);
    return { outcome: "delivered once", figure: "5 messages of 500 EDUs delivered" };
  },
};

const draining: HostileCase = {
  name: "C7: a server that claims a device's keys again and again takes its budget of them, and others still get one",
  what: "claims 500 one-time keys of one device that has 100, where claims.server_budget is 10",
  async run(house) {
    const stranger = house.stranger();
    const emil = await newClient(house.victim.url, "emil");
    await upload(emil, emil.keys);
    await emil.upload({ one_time_keys: emil.keys.oneTimeKeys(95, "MORE") });
    const before = await countKeys(emil);
    assert.equal(before, 100);
    const body = { one_time_keys: { [emil.userId]: { [emil.deviceId]: "signed_curve25519" } } };
    const given = await inParallel(500, async () => {
      const answer = await stranger.request(house.victim, "POST", `${federation}/user/keys/claim`, body);
      assert.equal(answer.status, 200);
      return Object.values<{ key: string; fallback?: boolean }>(answer.body.one_time_keys[emil.userId][emil.deviceId]);
    });
    const oneTimeKeys = given.flat().filter(({ fallback }) => fallback !== true);
    const lost = before - (await countKeys(emil));
    assert.equal(oneTimeKeys.length, lost);
    assert.equal(new Set(oneTimeKeys.map(({ key }) => key)).size, lost, "C1");
    assert.equal(given.flat().length, 500, "the fallback key for all other claims");
    // The budget is refilled as time passes: ten keys in ten minutes.
    assert.ok(lost <= 25, `${lost} keys are lost`);
    const [, honest] = (await house.carol.client.claim(emil.userId, emil.deviceId))!;
    assert.notEqual(honest.fallback, true, "an honest server gets a one-time key");
    return { outcome: "bounded by the budget", figure: `${lost} of 100 one-time keys taken by 500 claims` };
  },
};

const gaps: HostileCase = {
  name: "E2: a flood of device list updates with gaps makes few requests, and for users whom nobody knows none",
  what: "in 20 minutes sends 1,000 device list updates with gaps for a user who is followed, and 1,000 for others",
  async run(house) {
    const stranger = house.stranger();
    const [known, phone] = [stranger.userId("mallory"), stranger.addDevice("mallory", "PHONE")];
    await sendNumber(house.alice.client, { userId: known, deviceId: "PHONE" }, 0);
    await eventually(() => assert.ok(stranger.heardOn("devices").length > 0, "whom a user writes to is followed"));
    const before = stranger.heardOn("devices").length;
    const keys = phone.deviceKeys();
    for (let transaction = 0; transaction < 20; transaction++) {
      const edus = Array.from({ length: 100 }, (_, index) => {
        const number = 1_000_000 + (transaction * 100 + index) * 10;
        const userId = transaction % 2 === 0 ? known : stranger.userId(`x${number}`);
        return deviceListUpdate(userId, "PHONE", number, [number - 5], { keys });
      });
      assert.equal((await stranger.send(house.victim, edus)).status, 200);
      house.federation.clock.move(minute);
      await house.untilRound();
    }
    // However late it may be fetched, it is.
    await eventually(() => {
      house.federation.clock.move(minute);
      assert.ok(stranger.heardOn("devices").length > before, "after a gap the list is fetched");
    });
    const asked = stranger.heardOn("devices").slice(before);
    const ofKnown = asked.filter(({ uri }) => decodeURIComponent(uri).endsWith(known));
    assert.equal(ofKnown.length, asked.length, "nobody follows the others");
    assert.ok(asked.length <= 20, `${asked.length} requests were caused`);
    return { outcome: "few requests", figure: `${asked.length} requests caused by 2,000 EDUs in 20 minutes` };
  },
};

const tooLarge: HostileCase = {
  name: "E1, E2: requests that are too large, too deep or no JSON are refused",
  what: "sends 101 EDUs, 51 PDUs, a claim of 2 MB, a transaction of 13 MB, 10,000 levels of nesting, and what is no JSON",
  async run(house) {
    const stranger = house.stranger();
    const [send, claim] = [`${federation}/send/large`, `${federation}/user/keys/claim`];
    const unsigned = async (method: string, uri: string, body: string) =>
      (await stranger.request(house.victim, method, uri, body, { content: {} })).status;
    const transaction = async (edus: number, pdus: number) => {
      const body = {
        ...{ origin: stranger.name, origin_server_ts: 1 },
        ...{ pdus: Array(pdus).fill({}), edus: Array(edus).fill({}) },
      };
      return (await stranger.request(house.victim, "PUT", `${federation}/send/many`, body)).status;
    };
    const statuses = [
      await transaction(101, 0),
      await transaction(0, 51),
      await stranger.announce(house.victim, "POST", claim, 2_000_000),
      await stranger.announce(house.victim, "PUT", send, 13_000_000),
      await unsigned("PUT", send, `${'{"edus":['.repeat(10_000)}${"]}".repeat(10_000)}`),
      await unsigned("PUT", send, "no JSON"),
    ];
    assert.deepEqual(statuses.slice(0, 4), [400, 400, 413, 413]);
    for (const status of statuses) assert.ok(status >= 400 && status < 500, `${status}`);
    return { outcome: "refused", figure: `statuses ${statuses.join(", ")}` };
  },
};

const unknownKeys: HostileCase = {
  name: "E2: requests under key ids that their server does not publish make few requests for its keys",
  what: "signs 200 requests with 200 keys that it does not publish",
  async run(house) {
    const stranger = house.stranger();
    const statuses = await inParallel(200, async (index) => {
      const uri = `${federation}/user/devices/${encodeURIComponent(house.bert.userId)}`;
      return (await stranger.request(house.victim, "GET", uri, undefined, { keyId: `ed25519:k${index}` })).status;
    });
    assert.ok(statuses.every((status) => status === 401 || status === 403));
    const caused = stranger.heardOn("keys").length;
    assert.ok(caused <= 20, `${caused} requests for keys`);
    return { outcome: "refused", figure: `${caused} requests caused by 200` };
  },
};

const silentNames: HostileCase = {
  name: "E2: requests in the names of servers that do not answer are refused, and hold up nobody else",
  what: "sends 60 requests in the names of six servers that take connections and say nothing",
  async run(house) {
    const names = Array.from({ length: 6 }, () => house.stranger());
    for (const one of names) one.on.keys = () => silence;
    const began = performance.now();
    const statuses = await inParallel(60, async (index) => {
      const stranger = names[index % names.length]!;
      const uri = `${federation}/user/devices/${encodeURIComponent(house.bert.userId)}`;
      return (await stranger.request(house.victim, "GET", uri)).status;
    });
    const seconds = (performance.now() - began) / 1000;
    assert.ok(
      statuses.every((status) => status >= 400 && status < 600 && status !== 500),
      `${statuses}`,
    );
    const caused = names.reduce((sum, one) => sum + one.heardOn("keys").length, 0);
    assert.ok(caused <= 30, `${caused} requests for keys`);
    const figure = `${caused} requests caused by 60, all refused after ${seconds.toFixed(1)} s`;
    return { outcome: "refused", figure };
  },
};

const slowRequests: HostileCase = {
  name: "E2: a hundred connections whose requests come a byte at a time hold up nobody else",
  what: "opens 100 connections, and sends a request on each a byte a second",
  async run(house) {
    const { port, name } = house.victim;
    const sockets = Array.from({ length: 100 }, () =>
      connect({ host: "127.0.0.1", port, servername: name, rejectUnauthorized: false }).on("error", () => undefined),
    );
    const head = `PUT ${federation}/send/slow HTTP/1.1\r\nHost: ${name}\r\nContent-Length: 1000\r\n\r\n`;
    for (const socket of sockets) socket.write(head);
    const timer = setInterval(() => {
      for (const socket of sockets) if (!socket.destroyed) socket.write(" ");
    }, 1000);
    try {
      await house.untilRound();
    } finally {
      clearInterval(timer);
      for (const socket of sockets) socket.destroy();
    }
    return { outcome: "nobody else waits", figure: "100 connections held" };
  },
};

/** What a hostile server does of its own accord. */
export const requestsOfStrangers: readonly HostileCase[] = [
  ...[forgedRequests, othersUsers, replays, draining, gaps, tooLarge, unknownKeys, silentNames, slowRequests],
];
