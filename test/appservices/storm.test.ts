import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Account } from "../../examples/matrix-client.ts";
import type { ReceivedRequest, Reply } from "../support/appservices/appservice-routes.ts";
import { KeyedDevice } from "../support/signed-keys.ts";
import { AtOnce, ask, assertStored, type Kind, openStorm, type Storm } from "./storm/open-storm.ts";

const kinds = ["query", "claim"] as const;

/** The users of the set that everybody asks for. */
function everybodys({ sets }: Storm): readonly Account[] {
  return sets[0] ?? [];
}

/** One of the other sets, of which each is asked for by a part of the clients. */
function own({ sets }: Storm, client: number): readonly Account[] {
  return sets[1 + (client % (sets.length - 1))] ?? [];
}

/** Lets those who are ready run, so that what is under way meets. */
async function aMoment(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
}

test("Q6: two hundred clients wait for a bridge that does not answer no longer than they say, and nobody else waits", async (t) => {
  const storm = await openStorm(t, { clients: 220, sets: 11 });
  const { bridge, clients } = storm;
  const impatient = clients.slice(0, 100);
  const patient = clients.slice(100, 200);
  const residents = clients.slice(200);
  for (const kind of kinds) bridge.hang(kind);
  const timeout = 500;
  let answeredPatient = 0;
  const waiting = patient.map(async (client, index) => {
    const kind = kinds[index % 2] as Kind;
    const users = index % 4 < 2 ? everybodys(storm) : own(storm, index);
    // Longer than the server waits for any bridge.
    assertStored(kind, users, await ask(client, kind, users, 60_000));
    answeredPatient++;
  });
  const waits = { ofControl: 0, ofImpatient: 0 };
  const timed = async (who: keyof typeof waits, work: Promise<unknown>) => {
    const began = performance.now();
    await work;
    waits[who] = Math.max(waits[who], performance.now() - began);
  };
  const rounds = impatient.map(async (client, index) => {
    const resident = residents[index % residents.length]!;
    const ordinary = [resident.account, residents[(index + 1) % residents.length]!.account];
    for (const kind of kinds) {
      for (const users of [everybodys(storm), own(storm, index)]) {
        const asked = ask(client, kind, users, timeout).then((answer) => assertStored(kind, users, answer));
        await Promise.all([timed("ofImpatient", asked), timed("ofControl", ask(resident, kind, ordinary, timeout))]);
      }
    }
  });
  // The bridge answers nobody: that these have an end shows that they do not wait for it.
  await Promise.all(rounds);
  t.diagnostic(`${answeredPatient} of the patient answered before the last of the impatient; longest waits in ms:`);
  t.diagnostic(
    `${Math.round(waits.ofImpatient)} of those who wait ${timeout}, ${Math.round(waits.ofControl)} of others`,
  );
  assert.ok(waits.ofImpatient < timeout + 4 * waits.ofControl + 5000);
  await Promise.all(waiting);
  assert.ok(bridge.requests.every(({ answered }) => answered === undefined));
});

test("Q6: however many ask, each user's device keys are asked for once in five seconds", async (t) => {
  const storm = await openStorm(t, { clients: 200, sets: 11 });
  const { bridge, clients, clock } = storm;
  const atOnce = new AtOnce();
  bridge.on.query = ({ body }) =>
    atOnce.during(Object.keys(body), async () => {
      await aMoment();
      return {
        body: { device_keys: Object.fromEntries(Object.keys(body).map((userId) => [userId, devicesOf(userId)])) },
      };
    });
  const users = storm.sets.flat().map(({ userId }) => userId);
  for (let round = 1; round <= 2; round++) {
    await Promise.all(
      clients.map(async (client, index) => {
        for (const set of [everybodys(storm), own(storm, index)]) {
          const { body } = await ask(client, "query", set);
          for (const { userId } of set) assert.ok(body.device_keys[userId].BRIDGED, userId);
        }
      }),
    );
    const asked = bridge.requestsTo("query").flatMap(({ body }) => Object.keys(body));
    assert.deepEqual(asked.sort(), users.flatMap((userId) => Array.from({ length: round }, () => userId)).sort());
    clock.passed += 5001;
  }
  assert.equal(atOnce.most.ofUser, 1);
});

test("Q6: however many claim, the bridge has one claim at a time, and gives each key once", async (t) => {
  const storm = await openStorm(t, { clients: 200, sets: 11 });
  const { bridge, clients } = storm;
  const atOnce = new AtOnce();
  let made = 0;
  bridge.on.claim = ({ body }) =>
    atOnce.during([], async () => {
      await aMoment();
      return { body: keysFor(body, () => `K${made++}`) };
    });
  const given = await Promise.all(
    clients.map(async (client, index) => {
      const sets = [everybodys(storm), own(storm, index)];
      const answers = await Promise.all(sets.map((set) => ask(client, "claim", set)));
      return answers.flatMap(({ body }, which) =>
        sets[which]!.flatMap(({ userId }) => Object.keys(body.one_time_keys[userId].PHONE)),
      );
    }),
  );
  assert.equal(atOnce.most.inAll, 1);
  // A key for each of five users, of two sets, for each client; all are different.
  assert.equal(new Set(given.flat()).size, 200 * 10);
  assert.equal(made, 200 * 10);
  t.diagnostic(`400 claims went in ${bridge.requestsTo("claim").length} requests`);
});

const failures: Readonly<Record<string, Reply>> = {
  "a status": { status: 500 },
  "a connection that breaks": { breakOff: true },
  HTML: { text: "<html>502 Bad Gateway</html>", headers: { "content-type": "text/html" } },
  "a part of JSON": { text: '{"device_keys": {"@bri' },
  "10 MB": { text: JSON.stringify({ device_keys: {}, padding: "x".repeat(10 * 1024 * 1024) }) },
};

for (const [what, reply] of Object.entries(failures)) {
  test(`Q6: a bridge that answers with ${what} is asked a few times, and then nobody waits for it`, async (t) => {
    const storm = await openStorm(t, { clients: 40, sets: 11 });
    const { bridge, clients } = storm;
    const atOnce = { query: new AtOnce(), claim: new AtOnce() };
    for (const kind of kinds) {
      bridge.on[kind] = ({ body }) => atOnce[kind].during(Object.keys(body), () => aMoment().then(() => reply));
    }
    for (let round = 0; round < 2; round++) {
      await Promise.all(
        clients.map(async (client, index) => {
          for (const kind of kinds) {
            for (const users of [everybodys(storm), own(storm, index)]) {
              assertStored(kind, users, await ask(client, kind, users));
            }
          }
        }),
      );
    }
    const [queries, claims] = kinds.map((kind) => bridge.requestsTo(kind).length) as [number, number];
    t.diagnostic(`${queries} queries, ${atOnce.query.most.inAll} at one time; ${claims} claims`);
    assert.equal(claims, 3);
    assert.equal(atOnce.claim.most.inAll, 1);
    assert.equal(atOnce.query.most.ofUser, 1);
    // The third failure ends it; what was sent before that is all that there is.
    assert.ok(queries >= 3 && queries <= 2 + storm.sets.length, `${queries}`);
  });
}

/** What a bridge that fails gives the clients of one step, and in how many requests. */
async function oneStep(
  storm: Storm,
  kind: Kind,
  wait: number,
  reply: (request: ReceivedRequest) => Reply,
): Promise<void> {
  const { bridge, clients, clock } = storm;
  const users = everybodys(storm);
  const sent = () => bridge.requestsTo(kind).length;
  const before = sent();
  const askAll = () => clients.map((client, index) => ask(client, kind, index % 2 === 0 ? users : own(storm, index)));
  clock.passed += Math.max(wait - 1, 0);
  if (wait > 0) await Promise.all(askAll());
  assert.equal(sent(), before, `${kind}: before ${wait} ms are over`);
  clock.passed += Math.min(wait, 1);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  bridge.on[kind] = async (request) => {
    await released;
    return reply(request);
  };
  let answered = 0;
  const { promise: almostAll, resolve: almost } = Promise.withResolvers<void>();
  const asked = askAll().map(async (work) => {
    await work;
    if (++answered === clients.length - 1) almost();
  });
  // All but the one that finds out, while it does.
  await Promise.race([Promise.all([almostAll, bridge.until(() => sent() > before)]), Promise.all(asked)]);
  assert.equal(sent(), before + 1, `${kind}: after ${wait} ms`);
  release();
  await Promise.all(asked);
  assert.equal(sent(), before + 1);
}

for (const kind of kinds) {
  test(`Q6: after each pause of a bridge that fails one ${kind} finds out, and nobody else waits for it`, async (t) => {
    const storm = await openStorm(t, { clients: 20, sets: 5 });
    const { bridge, clients } = storm;
    const fails = () => ({ status: 502 });
    bridge.on[kind] = fails;
    for (let failure = 0; failure < 3; failure++) await ask(clients[0]!, kind, everybodys(storm));
    assert.equal(bridge.requestsTo(kind).length, 3);
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) await oneStep(storm, kind, seconds * 1000, fails);
    // The next finds it well; from then on everybody is answered by it, and a new failure begins from the start.
    await oneStep(storm, kind, 60_000, () => ({}));
    bridge.on[kind] = fails;
    storm.clock.passed += 5001;
    const before = bridge.requestsTo(kind).length;
    for (let failure = 0; failure < 5; failure++) await ask(clients[0]!, kind, everybodys(storm));
    assert.equal(bridge.requestsTo(kind).length, before + 3);
    await oneStep(storm, kind, 1000, fails);
  });

  test(`Q6: a bridge that fails a ${kind} and makes requests of its own is asked once a second at most`, async (t) => {
    const storm = await openStorm(t, { clients: 20, sets: 5 });
    const { bridge, clients } = storm;
    const fails = () => ({ status: 502 });
    bridge.on[kind] = fails;
    for (let failure = 0; failure < 3; failure++) await ask(clients[0]!, kind, everybodys(storm));
    const makeRequest = async () => {
      assert.equal((await bridge.request(storm.url, "GET", "/account/whoami")).status, 200);
    };
    // However often it does so, the pauses of 1, 2 and 4 seconds last for one.
    for (let turn = 0; turn < 3; turn++) {
      for (let request = 0; request < 3; request++) {
        await makeRequest();
        await ask(clients[0]!, kind, everybodys(storm));
      }
      await oneStep(storm, kind, 1000, fails);
    }
    storm.clock.passed += 5000;
    await makeRequest();
    await oneStep(storm, kind, 0, fails);
    // Its requests have ended pauses, but not made the next one shorter.
    await oneStep(storm, kind, 16_000, fails);
  });

  test(`Q6: a bridge that does not know the ${kind} is asked again after a minute, then two, up to an hour`, async (t) => {
    const storm = await openStorm(t, { clients: 20, sets: 5 });
    const { bridge, clients } = storm;
    const sent = () => bridge.requestsTo(kind).map(({ path }) => path);
    await ask(clients[0]!, kind, everybodys(storm));
    const paths = sent();
    assert.equal(new Set(paths).size, 2, "both paths");
    assert.equal(paths.length, 2);
    assert.equal((await bridge.request(storm.url, "GET", "/account/whoami")).status, 200);
    for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
      const before = sent().length;
      storm.clock.passed += minutes * 60_000 - 1;
      const askAll = () => Promise.all(clients.map((client, index) => ask(client, kind, own(storm, index))));
      await askAll();
      assert.equal(sent().length, before, `before ${minutes} minutes are over`);
      storm.clock.passed += 1;
      await askAll();
      assert.deepEqual(sent().slice(before), paths, `after ${minutes} minutes`);
    }
  });
}

const devices = new Map<string, KeyedDevice>();

function deviceOf(userId: string, deviceId: string): KeyedDevice {
  const id = `${userId} ${deviceId}`;
  const device = devices.get(id) ?? new KeyedDevice({ userId, deviceId });
  devices.set(id, device);
  return device;
}

function devicesOf(userId: string): object {
  return { BRIDGED: deviceOf(userId, "BRIDGED").deviceKeys() };
}

/** @param body what is asked for: by user and device the algorithms */
function keysFor(body: Record<string, Record<string, string[]>>, nextId: () => string): object {
  const ofDevice = (userId: string, deviceId: string, algorithms: string[]) => {
    const device = deviceOf(userId, deviceId);
    return Object.fromEntries(algorithms.map((algorithm) => [`${algorithm}:${nextId()}`, device.oneTimeKey()]));
  };
  const ofUser = (userId: string, ofDevices: Record<string, string[]>) =>
    Object.fromEntries(Object.entries(ofDevices).map(([id, algorithms]) => [id, ofDevice(userId, id, algorithms)]));
  return Object.fromEntries(Object.entries(body).map(([userId, ofDevices]) => [userId, ofUser(userId, ofDevices)]));
}
