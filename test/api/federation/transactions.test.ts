import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stores } from "../../../src/adapters/sql/create-stores.ts";
import { forgetReceivedTransactions } from "../../../src/domain/federation-in/forget-received-transactions.ts";
import type { UnitOfWork } from "../../../src/domain/kernel/unit-of-work.ts";
import type { DeviceId } from "../../../src/protocol/identifiers/device-id.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import type { JsonValue } from "../../../src/protocol/json.ts";
import { Client } from "../../support/client.ts";
import { login } from "../../support/test-server.ts";
import { serveFederation } from "./serve-federation.ts";

const calling = "calling.example" as ServerName;
const bob = "@bob:calling.example" as UserId;

function message(messageId: string, messages: JsonValue, so: { sender?: string; type?: string } = {}) {
  const content = { sender: so.sender ?? bob, type: so.type ?? "m.test", message_id: messageId, messages };
  return { edu_type: "m.direct_to_device", content };
}

function forDevice({ userId, deviceId }: Client, content: JsonValue) {
  return { [userId]: { [deviceId]: content } };
}

/** Contents of the messages that wait for a device. */
async function inboxOf(client: Client): Promise<unknown[]> {
  const { to_device } = await client.sync();
  return (to_device?.events ?? []).map(({ content }: { content: unknown }) => content);
}

test("S3: messages of another server arrive in order, with exactly sender, type and content", async (t) => {
  const { caller, newClient, events } = await serveFederation(t);
  const alice = await newClient("alice");
  const edus = [1, 2, 3].map((n) => message(`m${n}`, forDevice(alice, { n })));
  const { status, body } = await caller(calling).send("t1", edus);
  assert.deepEqual([status, body], [200, { pdus: {} }]);
  const { to_device } = await alice.sync();
  assert.deepEqual(
    to_device.events,
    [1, 2, 3].map((n) => ({ sender: bob, type: "m.test", content: { n } })),
  );
  assert.deepEqual(
    events.filter((event) => event.startsWith("m.")),
    Array(3).fill("m.direct_to_device taken"),
  );
});

test("S3: * is every device of the user; other users, unknown devices and other servers' users get nothing", async (t) => {
  const { caller, newClient, url } = await serveFederation(t);
  const [alice, carol] = [await newClient("alice"), await newClient("carol")];
  const tablet = new Client(url, await login(url, "alice"));
  await caller(calling).send("t1", [
    message("m1", {
      [alice.userId]: { "*": { to: "all" }, UNKNOWN: { to: "none" } },
      "@alice:third.example": { "*": { to: "others" } },
      "@nobody:example.org": { DEVICE: {} },
    }),
  ]);
  for (const device of [alice, tablet]) assert.deepEqual(await inboxOf(device), [{ to: "all" }]);
  assert.deepEqual(await inboxOf(carol), []);
});

test("S3: a transaction that arrives twice, also twice at once, is done once and answered each time", async (t) => {
  const { caller, newClient, events } = await serveFederation(t);
  const alice = await newClient("alice");
  const server = caller(calling);
  const edus = Array.from({ length: 60 }, (_, n) => message(`m${n}`, forDevice(alice, { n })));
  const answers = await Promise.all(Array.from({ length: 5 }, () => server.send("t1", edus)));
  answers.push(await server.send("t1", edus));
  for (const { status, body } of answers) assert.deepEqual([status, body], [200, { pdus: {} }]);
  assert.deepEqual(
    await inboxOf(alice),
    edus.map((_, n) => ({ n })),
  );
  const known = events.filter((event) => event.startsWith("m.direct_to_device"));
  assert.deepEqual([...new Set(known)], ["m.direct_to_device taken"]);
  assert.equal(known.length, 60);
});

test("S3: a message that comes again under another transaction id is not delivered again; of another server it is", async (t) => {
  const { caller, newClient, events } = await serveFederation(t);
  const alice = await newClient("alice");
  const edu = message("m1", forDevice(alice, { n: 1 }));
  await caller(calling).send("t1", [edu]);
  await caller(calling).send("t2", [edu]);
  await caller("other.example").send("t1", [
    message("m1", forDevice(alice, { n: 2 }), { sender: "@bob:other.example" }),
  ]);
  assert.deepEqual(await inboxOf(alice), [{ n: 1 }, { n: 2 }]);
  assert.ok(events.includes("m.direct_to_device repeated"));
});

test("S3: after a crash in the middle of a transaction the rest is done when it arrives again, and nothing twice", async (t) => {
  const dying = { after: Number.POSITIVE_INFINITY };
  const { caller, newClient, house, deps } = await serveFederation(t);
  const alice = await newClient("alice");
  const { unitOfWork } = house;
  // What a killed process has committed stays; what it was at is gone.
  const fragile: UnitOfWork<Stores> = {
    run: (scope, work) =>
      unitOfWork.run(scope, async (stores, commit) => {
        const result = await work(stores, commit);
        if (
          typeof scope === "object" &&
          scope.exclusive?.includes(`transactions of ${calling}`) &&
          dying.after-- <= 0
        ) {
          throw new Error("killed");
        }
        return result;
      }),
  };
  Object.assign(deps, { unitOfWork: fragile });
  const server = caller(calling);
  const edus = Array.from({ length: 100 }, (_, n) => message(`m${n}`, forDevice(alice, { n })));
  for (let survived = 0; survived < 4; survived++) {
    dying.after = 1;
    assert.equal((await server.send("t1", edus)).status, 500);
  }
  dying.after = Number.POSITIVE_INFINITY;
  assert.equal((await server.send("t1", edus)).status, 200);
  assert.deepEqual(
    await inboxOf(alice),
    edus.map((_, n) => ({ n })),
  );
});

test("an EDU that speaks for another server's user is dropped, and those around it are not", async (t) => {
  const { caller, newClient, events, house } = await serveFederation(t);
  const [alice, mallory] = [await newClient("alice"), "@mallory:third.example"];
  const keys = { user_id: mallory, device_id: "EVIL", algorithms: [], keys: {}, signatures: {} };
  const update = { user_id: mallory, device_id: "EVIL", stream_id: 5, prev_id: [], keys };
  await caller(calling).send("t1", [
    message("m1", forDevice(alice, { n: 1 })),
    message("m2", forDevice(alice, { n: 2 }), { sender: mallory }),
    message("m3", forDevice(alice, { n: 3 }), { sender: alice.userId }),
    { edu_type: "m.device_list_update", content: update },
    { edu_type: "m.device_list_update", content: { ...update, user_id: alice.userId } },
    { edu_type: "m.signing_key_update", content: { user_id: mallory } },
    message("m4", forDevice(alice, { n: 4 })),
  ]);
  assert.deepEqual(await inboxOf(alice), [{ n: 1 }, { n: 4 }]);
  assert.deepEqual(
    events.filter((event) => event.startsWith("m.")),
    [
      "m.direct_to_device taken",
      "m.direct_to_device dropped",
      "m.direct_to_device dropped",
      "m.device_list_update dropped",
      "m.device_list_update dropped",
      "m.signing_key_update dropped",
      "m.direct_to_device taken",
    ],
  );
  assert.deepEqual(await house.rows("remote_device_keys"), []);
});

test("malformed EDUs and those that nobody knows are passed over, one by one", async (t) => {
  const { caller, newClient, events } = await serveFederation(t);
  const alice = await newClient("alice");
  const edus: JsonValue[] = [
    ...[null, 7, "x", [], {}, { edu_type: "m.direct_to_device" }, { edu_type: 7, content: {} }],
    message("", forDevice(alice, {})),
    message("m1", []),
    message("m2", { [alice.userId]: [], bob: {}, "@x:": {} }),
    message("m3", { [alice.userId]: { [alice.deviceId]: "text", "*": null, "": {} } }),
    message("m4", forDevice(alice, { long: "x".repeat(65_536) })),
    { edu_type: "m.typing", content: { user_id: bob, room_id: "!r:x", typing: true } },
    { edu_type: "m.device_list_update", content: { user_id: bob, device_id: "D", stream_id: "1" } },
    message("m5", forDevice(alice, { n: 5 })),
  ];
  assert.equal((await caller(calling).send("t1", edus)).status, 200);
  assert.deepEqual(await inboxOf(alice), [{ n: 5 }]);
  assert.equal(events.filter((event) => event.endsWith(" dropped")).length, 11);
});

test("more than 100 EDUs or 50 PDUs, a wrong shape, and another origin are refused: 400", async (t) => {
  const { caller, newClient } = await serveFederation(t);
  const alice = await newClient("alice");
  const server = caller(calling);
  const edu = message("m1", forDevice(alice, { n: 1 }));
  const cases: [Record<string, JsonValue>, string][] = [
    [{ edus: Array(101).fill(edu) }, "M_TOO_LARGE"],
    [{ pdus: Array(51).fill({}) }, "M_TOO_LARGE"],
    [{ edus: {} }, "M_BAD_JSON"],
    [{ pdus: 7 }, "M_BAD_JSON"],
    [{ origin: "third.example" }, "M_INVALID_PARAM"],
  ];
  for (const [index, [more, errcode]] of cases.entries()) {
    const { status, body } = await server.send(`t${index}`, [edu], more);
    assert.deepEqual([status, body.errcode], [400, errcode]);
  }
  const unnamed = await server.send("x".repeat(256), [edu]);
  assert.deepEqual([unnamed.status, unnamed.body.errcode], [400, "M_INVALID_PARAM"]);
  assert.deepEqual(await inboxOf(alice), []);
  const withPdus = await server.send("t9", [edu], { pdus: [{ type: "m.room.message" }] });
  assert.deepEqual(withPdus.body, { pdus: {} });
  assert.deepEqual(await inboxOf(alice), [{ n: 1 }]);
});

test("a transaction may be larger than what clients send", async (t) => {
  const { caller, newClient } = await serveFederation(t);
  const alice = await newClient("alice");
  const server = caller(calling);
  const edus = Array.from({ length: 100 }, (_, n) =>
    message(`m${n}`, forDevice(alice, { n, text: "x".repeat(60_000) })),
  );
  assert.equal((await server.send("t1", edus)).status, 200);
  assert.equal((await inboxOf(alice)).length, 100);
  const tooLarge = await server.send("t2", [message("m", forDevice(alice, { text: "x".repeat(12_600_000) }))]);
  assert.deepEqual([tooLarge.status, tooLarge.body.errcode], [413, "M_TOO_LARGE"]);
});

test("S2: who exchanges messages hears of the other's devices: the sender's list is fetched, and its server is told of changes", async (t) => {
  const { caller, newClient, house } = await serveFederation(t);
  const alice = await newClient("alice");
  const before = await alice.sync();
  await caller(calling).send("t1", [message("m1", forDevice(alice, { n: 1 }))]);
  const after = await alice.sync(before.next_batch);
  assert.deepEqual(after.device_lists.changed, [bob]);
  const { listening, list } = await house.unitOfWork.run({}, async ({ listeningServers, remoteDeviceLists }) => ({
    listening: await listeningServers.listServers(alice.userId as UserId),
    list: await remoteDeviceLists.findList(bob),
  }));
  assert.deepEqual(listening, [calling]);
  assert.equal(list?.nextResyncAt, house.clock.now());
  await alice.upload({ device_keys: alice.keys.deviceKeys() });
  const waiting = await house.unitOfWork.run({}, ({ federationQueue }) => federationQueue.hasWaiting(calling));
  assert.equal(waiting, true);
});

test("a message that reaches nobody makes nobody hear of anybody", async (t) => {
  const { caller, newClient, house } = await serveFederation(t);
  const alice = await newClient("alice");
  await caller(calling).send("t1", [
    message("m1", { [alice.userId]: { UNKNOWN: {} }, "@nobody:example.org": { "*": {} } }),
  ]);
  assert.deepEqual(await house.rows("remote_device_lists"), []);
  assert.deepEqual(await house.rows("listening_servers"), []);
});

test("S2: of a server that makes up users messages arrive, and no further lists are kept", async (t) => {
  const { caller, newClient, house } = await serveFederation(t);
  const alice = await newClient("alice");
  const known = { streamId: undefined, isFresh: false, followedUntil: undefined, attempts: 0, nextResyncAt: undefined };
  await house.unitOfWork.run("everything", async ({ remoteDeviceLists }) => {
    for (let n = 0; n < 10_000; n++) {
      const userId = `@made_up_${n}:calling.example` as UserId;
      await remoteDeviceLists.put({ userId, ...known, usedAt: house.clock.now() });
    }
  });
  await caller(calling).send("t1", [message("m1", forDevice(alice, { n: 1 }))]);
  assert.deepEqual(await inboxOf(alice), [{ n: 1 }]);
  assert.equal((await house.rows("remote_device_lists")).length, 10_000);
});

test("device lists of tracked users are marked as to be fetched when an update does not follow on what is known", async (t) => {
  const { caller, newClient, house } = await serveFederation(t);
  const alice = await newClient("alice");
  const server = caller(calling);
  await server.send("t1", [message("m1", forDevice(alice, {}))]);
  const list = { userId: bob, streamId: 4, isFresh: true, followedUntil: house.clock.now() + 1000, attempts: 0 };
  await house.unitOfWork.run({ exclusive: [bob] }, ({ remoteDeviceLists }) =>
    remoteDeviceLists.put({ ...list, nextResyncAt: undefined, usedAt: house.clock.now() }),
  );
  const update = { user_id: bob, device_id: "D", stream_id: 9, prev_id: [7], deleted: true };
  await server.send("t2", [{ edu_type: "m.device_list_update", content: update }]);
  const known = await house.unitOfWork.run({}, ({ remoteDeviceLists }) => remoteDeviceLists.findList(bob));
  assert.equal(known?.isFresh, false);
  assert.notEqual(known?.nextResyncAt, undefined);
});

test("what was received is forgotten after a week", async (t) => {
  const { caller, newClient, house } = await serveFederation(t);
  const alice = await newClient("alice");
  await caller(calling).send("t1", [message("m1", forDevice(alice, {}))]);
  house.clock.advance(7 * 24 * 3600_000);
  await forgetReceivedTransactions(house);
  assert.equal((await house.rows("received_transactions")).length, 1);
  house.clock.advance(1);
  await forgetReceivedTransactions(house);
  assert.deepEqual(await house.rows("received_transactions"), []);
  assert.deepEqual(await house.rows("received_messages"), []);
});

test("S3: a transaction whose answers are lost is done once, for as long as it is sent", async (t) => {
  const { caller, newClient, events, house } = await serveFederation(t);
  const alice = await newClient("alice");
  const server = caller(calling);
  for (let day = 0; day < 30; day++) {
    assert.equal((await server.send("t1", [message("m1", forDevice(alice, { n: 1 }))])).status, 200);
    house.clock.advance(24 * 3600_000);
    await forgetReceivedTransactions(house);
  }
  assert.deepEqual(
    events.filter((event) => event.startsWith("m.")),
    ["m.direct_to_device taken"],
  );
});

/** Units that note how many names they have, and that a process which is killed does not commit. */
function watchedUnits({ unitOfWork }: { readonly unitOfWork: UnitOfWork<Stores> }) {
  const seen = { names: 0, units: 0, survived: Number.POSITIVE_INFINITY };
  const watched: UnitOfWork<Stores> = {
    run(scope, work) {
      if (typeof scope !== "object" || !scope.exclusive?.includes(`transactions of ${calling}`)) {
        return unitOfWork.run(scope, work);
      }
      seen.names = Math.max(seen.names, scope.exclusive.length + (scope.shared?.length ?? 0));
      seen.units++;
      return unitOfWork.run(scope, async (stores, commit) => {
        const result = await work(stores, commit);
        if (seen.survived-- <= 0) throw new Error("killed");
        return result;
      });
    },
  };
  return { seen, unitOfWork: watched };
}

test("E2: whoever is named in a message and gets nothing is none of its recipients", async (t) => {
  const { caller, newClient, house, deps } = await serveFederation(t);
  const alice = await newClient("alice");
  const { seen, unitOfWork } = watchedUnits(house);
  Object.assign(deps, { unitOfWork });
  const named = (count: number, messages: JsonValue) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`@nobody${n}:example.org`, messages]));
  await caller(calling).send("t1", [
    message("m1", { ...named(5000, {}), ...forDevice(alice, { n: 1 }) }),
    message("m2", { ...named(1900, { "*": {} }), ...forDevice(alice, { n: 2 }) }),
  ]);
  assert.deepEqual(await inboxOf(alice), [{ n: 1 }, { n: 2 }]);
  assert.deepEqual([seen.units, seen.names < 10], [1, true], `${seen.names} names`);
});

test("S3: a message to a great many users reaches each once, in units of 200, also after crashes and when it comes again", async (t) => {
  const { caller, events, house, deps } = await serveFederation(t);
  const users = Array.from({ length: 450 }, (_, n) => `@user${n}:example.org` as UserId);
  await house.unitOfWork.run("everything", async ({ devices }) => {
    for (const userId of users) {
      await devices.add({ userId, deviceId: "PHONE" as DeviceId }, undefined, { at: 0, ip: "192.0.2.1" });
    }
  });
  const { seen, unitOfWork } = watchedUnits(house);
  Object.assign(deps, { unitOfWork });
  const server = caller(calling);
  const nobody = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`@nobody${n}:example.org`, { "*": {} }]));
  const everybody = Object.fromEntries(users.map((userId) => [userId, { "*": { n: 1 } }]));
  const edus = [
    message("m0", { [users[7]!]: { PHONE: { n: 0 } } }),
    message("m1", { ...nobody, ...everybody }),
    message("m2", { [users[7]!]: { PHONE: { n: 2 } } }),
  ];
  for (let attempt = 0; attempt < 3; attempt++) {
    seen.survived = 1;
    assert.equal((await server.send("t1", edus)).status, 500);
  }
  seen.survived = Number.POSITIVE_INFINITY;
  for (const id of ["t1", "t1", "t2"]) assert.equal((await server.send(id, edus)).status, 200);
  assert.ok(seen.names <= 221, `${seen.names} names`);
  const inbox = (await house.rows("to_device_inbox")) as unknown as { user_id: UserId; content: string }[];
  const contentsOf = (userId: UserId) =>
    inbox.flatMap((row) => (row.user_id === userId ? [JSON.parse(row.content)] : []));
  for (const userId of users) {
    assert.deepEqual(contentsOf(userId), userId === users[7] ? [{ n: 0 }, { n: 1 }, { n: 2 }] : [{ n: 1 }], userId);
  }
  assert.equal(events.filter((event) => event === "m.direct_to_device taken").length, 3);
  assert.equal(events.filter((event) => event === "m.direct_to_device repeated").length, 3);
});
