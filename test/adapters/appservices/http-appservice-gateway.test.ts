import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { HttpAppserviceGateway } from "../../../src/adapters/appservices/http-appservice-gateway.ts";
import type { AppserviceFailure } from "../../../src/domain/appservices/appservice-gateway.ts";
import type { RoomAlias } from "../../../src/protocol/identifiers/room-alias.ts";
import type { UserId } from "../../../src/protocol/identifiers/user-id.ts";
import { afterTest } from "../../support/after-test.ts";
import { startTestAppservice, type TestAppserviceOptions } from "../../support/appservices/test-appservice.ts";
import { HandClock } from "../observability/hand-clock.ts";

const longDeadlines = { transaction: 600_000, ping: 600_000, user: 600_000, room: 600_000 };
const never = new AbortController().signal;
const ghost = "@bridge_gh/ost:localhost" as UserId;
const alias = "#bridge_ha/ll:localhost" as RoomAlias;

async function openGateway(t: TestContext, options: TestAppserviceOptions = {}, deadlines = longDeadlines) {
  const bridge = await startTestAppservice(options);
  afterTest(t, () => bridge.close());
  const clock = new HandClock();
  const gateway = new HttpAppserviceGateway(clock, deadlines);
  afterTest(t, () => gateway.close());
  return {
    ...{ bridge, clock, gateway },
    send: (id: string, body: object = { events: [] }, signal = never) =>
      gateway.sendTransaction(bridge.appservice, id, JSON.stringify(body), signal),
    hasUser: (userId = ghost) => gateway.hasUser(bridge.appservice, userId),
    hasRoom: () => gateway.hasRoom(bridge.appservice, alias),
    ping: (id?: string) => gateway.ping(bridge.appservice, id),
    paths: () => bridge.requests.map(({ path }) => path),
  };
}

test("a transaction is put with the hs_token in a header, and 200 takes it", async (t) => {
  const { bridge, send } = await openGateway(t);
  assert.equal(await send("a/b c", { events: [{ type: "m.room.message" }] }), undefined);
  const [request] = bridge.requests;
  assert.equal(request?.method, "PUT");
  assert.equal(request.path, "/_matrix/app/v1/transactions/a%2Fb%20c");
  assert.equal(request.query, "");
  assert.equal(request.authorization, `Bearer ${bridge.registration.hsToken}`);
  assert.equal(request.contentType, "application/json");
  assert.deepEqual(bridge.transactions, [{ id: "a/b c", body: { events: [{ type: "m.room.message" }] } }]);
});

test("the path of an appservice's URL stands before the specification's", async (t) => {
  const { bridge, gateway } = await openGateway(t);
  const { registration } = bridge;
  const appservice = Object.assign(Object.create(bridge.appservice), {
    registration: { ...registration, url: `${registration.url}/as/one` },
  });
  await gateway.sendTransaction(appservice, "1", "{}", never);
  assert.equal(bridge.requests[0]?.path, "/as/one/_matrix/app/v1/transactions/1");
});

test("a transaction goes to the legacy path after 404 and 405, and that is remembered until it is unknown", async (t) => {
  const { bridge, send, paths } = await openGateway(t);
  const [stable, legacy] = ["/_matrix/app/v1/transactions", "/transactions"];
  bridge.unknown.push("/_matrix/app/v1/");
  assert.equal(await send("1"), undefined);
  assert.equal(await send("2"), undefined);
  assert.deepEqual(paths(), [`${stable}/1`, `${legacy}/1`, `${legacy}/2`]);
  bridge.unknown.splice(0, 1, "/transactions");
  assert.equal(await send("3"), undefined);
  assert.equal(await send("4"), undefined);
  assert.deepEqual(paths().slice(3), [`${legacy}/3`, `${stable}/3`, `${stable}/4`]);
  bridge.on.transactions = () => ({ status: 405 });
  bridge.unknown.length = 0;
  assert.equal((await send("5"))?.status, 405);
  assert.deepEqual(paths().slice(6), [`${stable}/5`, `${legacy}/5`]);
  bridge.on.transactions = ({ path }) => ({ status: path.startsWith("/_matrix") ? 404 : 200 });
  assert.equal(await send("6"), undefined);
  bridge.on.transactions = () => ({ status: 404 });
  assert.equal((await send("7"))?.status, 404);
  assert.equal((await send("8"))?.status, 404);
  assert.deepEqual(paths().slice(10), [`${legacy}/7`, `${stable}/7`, `${stable}/8`, `${legacy}/8`]);
});

test("another status than 404 and 405 is final", async (t) => {
  const { bridge, send, paths } = await openGateway(t);
  for (const status of [201, 302, 400, 401, 403, 410, 500, 503]) {
    bridge.on.transactions = () => ({ status, text: "no", headers: { location: `${bridge.url}/elsewhere` } });
    const failure = await send(String(status));
    assert.deepEqual(failure, { kind: "status", error: `it answered with status ${status}`, status, body: "no" });
  }
  assert.equal(paths().length, 8);
  assert.ok(paths().every((path) => path.startsWith("/_matrix/app/v1/transactions/")));
});

test("200 takes a transaction whatever its body is", async (t) => {
  const { bridge, send } = await openGateway(t);
  for (const reply of [{ text: "" }, { text: "<html>" }, { text: "x".repeat(10_000_000) }, { breakOff: true }]) {
    bridge.on.transactions = () => ({ ...reply });
    assert.equal(await send("1"), undefined);
  }
});

test("E2: of a long answer 64 KiB are read, and nobody waits for the rest", async (t) => {
  const { bridge, send } = await openGateway(t);
  const beginning = { text: "x".repeat(100_000), headers: { "content-length": "20000000" } };
  bridge.on.transactions = () => ({ status: 500, ...beginning });
  const failure = await send("1");
  assert.equal(failure?.kind, "status");
  assert.equal(failure.body?.length, 1000);
  bridge.on.transactions = () => beginning;
  assert.equal(await send("2"), undefined);
});

test("connections are kept for the next requests", async (t) => {
  const { bridge, send } = await openGateway(t);
  for (let id = 0; id < 20; id++) await send(String(id));
  assert.ok((await bridge.countConnections()) <= 2);
});

test("an appservice without a URL, one that is down and one that breaks off are failures, and no exceptions", async (t) => {
  const { bridge, send, ping, hasUser } = await openGateway(t);
  bridge.on.ping = () => ({ breakOff: true, status: 500 });
  assert.equal(asFailure(await ping()).kind, "status");
  await bridge.stop();
  assert.equal((await send("1"))?.kind, "unreachable");
  assert.match(asFailure(await ping()).error, /^it cannot be reached \(ECONNREFUSED\)$/);
  assert.equal(asFailure(await hasUser()).kind, "unreachable");
  await bridge.start();
  assert.equal(await send("1"), undefined);
  const mute = await openGateway(t, { id: "mute", url: null });
  assert.equal((await mute.send("1"))?.kind, "unset");
  assert.equal(asFailure(await mute.ping()).kind, "unset");
  assert.equal(asFailure(await mute.hasUser()).kind, "unset");
});

test("a request is sent once more when its connection ends without an answer", async (t) => {
  const { bridge, send } = await openGateway(t);
  bridge.on.transactions = () => (bridge.requests.length === 1 ? { hangUp: true } : {});
  assert.equal(await send("1"), undefined);
  assert.equal(bridge.requests.length, 2);
  bridge.on.transactions = () => ({ hangUp: true });
  assert.equal((await send("2"))?.kind, "unreachable");
  assert.equal(bridge.requests.length, 4);
});

test("each request ends at its deadline, also when bytes keep coming", async (t) => {
  const { bridge, send, ping, hasUser, hasRoom } = await openGateway(
    t,
    {},
    { transaction: 30, ping: 30, user: 30, room: 30 },
  );
  bridge.hang("transactions");
  assert.deepEqual(await send("1"), { kind: "timeout", error: "it has not answered within 30 ms" });
  bridge.hang("ping");
  assert.equal(asFailure(await ping()).kind, "timeout");
  bridge.hang("rooms");
  assert.equal(asFailure(await hasRoom()).kind, "timeout");
  bridge.on.users = () => ({ status: 500, drip: 5, text: "x".repeat(1_000_000) });
  // The status is known by then, unless this machine is slow.
  assert.match(asFailure(await hasUser()).kind, /^(status|timeout)$/);
});

test("the sender of a transaction can call it off", async (t) => {
  const { bridge, send } = await openGateway(t);
  const release = bridge.hang("transactions");
  const controller = new AbortController();
  const sending = send("1", {}, controller.signal);
  await bridge.until(() => bridge.requests.length === 1);
  controller.abort();
  assert.deepEqual(await sending, { kind: "unreachable", error: "the request was called off" });
  release();
  assert.equal((await send("2", {}, AbortSignal.abort()))?.kind, "unreachable");
  assert.equal(bridge.requests.length, 1);
});

test("transactions do not wait behind questions that are not answered", async (t) => {
  const { bridge, send, ping } = await openGateway(t);
  const release = bridge.hang("ping");
  const pings = Array.from({ length: 50 }, () => ping());
  await bridge.until(() => bridge.requestsTo("ping").length === 4);
  assert.equal(await send("1"), undefined);
  release();
  await Promise.all(pings);
});

test("too many questions at once are turned away", async (t) => {
  const { bridge, ping } = await openGateway(t);
  const release = bridge.hang("ping");
  const pings = Array.from({ length: 1000 }, () => ping());
  assert.match(asFailure(await ping()).error, /too many requests/);
  release();
  assert.ok((await Promise.all(pings)).every((taken) => taken === 0));
});

test("a ping carries the transaction id where there is one, and says how long it took", async (t) => {
  const { bridge, ping, clock } = await openGateway(t);
  bridge.on.ping = () => {
    clock.passed += 12.4;
    return {};
  };
  assert.equal(await ping("txn"), 12);
  await ping();
  const [first, second] = bridge.requests;
  assert.equal(`${first?.method} ${first?.path}`, "POST /_matrix/app/v1/ping");
  assert.deepEqual(first?.body, { transaction_id: "txn" });
  assert.deepEqual(second?.body, {});
  bridge.on.ping = () => ({ status: 404, text: "gone" });
  assert.equal(asFailure(await ping()).body, "gone");
});

test("a user exists at 200, and does not when every path answers 404", async (t) => {
  const { bridge, hasUser, paths } = await openGateway(t);
  assert.equal(await hasUser(), false);
  const [stable, legacy] = ["/_matrix/app/v1/users/", "/users/"];
  const encoded = "%40bridge_gh%2Fost%3Alocalhost";
  assert.deepEqual(paths(), [stable + encoded, legacy + encoded]);
  bridge.on.users = () => ({});
  assert.equal(await hasUser(), true);
  // Nothing was learned from the 404s.
  assert.equal(paths()[2], stable + encoded);
  bridge.unknown.push("/_matrix/app/v1/users/");
  assert.equal(await hasUser(), true);
  assert.equal(await hasUser(), true);
  assert.deepEqual(paths().slice(3), [stable + encoded, legacy + encoded, legacy + encoded]);
  bridge.on.users = () => ({ status: 500 });
  assert.equal(asFailure(await hasUser()).status, 500);
});

test("a room exists at 200, and does not when every path answers 404", async (t) => {
  const { bridge, hasRoom, paths } = await openGateway(t);
  assert.equal(await hasRoom(), false);
  const encoded = "%23bridge_ha%2Fll%3Alocalhost";
  assert.deepEqual(paths(), [`/_matrix/app/v1/rooms/${encoded}`, `/rooms/${encoded}`]);
  bridge.on.rooms = () => ({});
  assert.equal(await hasRoom(), true);
  bridge.on.rooms = () => ({ status: 500 });
  assert.equal(asFailure(await hasRoom()).status, 500);
});

test("E3: neither token is in a failure", async (t) => {
  const { bridge, send } = await openGateway(t);
  const { hsToken, asToken } = bridge.registration;
  bridge.on.transactions = ({ authorization }) => ({ status: 500, text: `got ${authorization}, not ${asToken}` });
  assert.equal((await send("1"))?.body, "got Bearer [secret], not [secret]");
  const broken = Object.assign(Object.create(bridge.appservice), {
    registration: { ...bridge.registration, hsToken: `${hsToken}\n` },
  });
  const gateway = new HttpAppserviceGateway(new HandClock());
  const failure = await gateway.sendTransaction(broken, "1", "{}", never);
  assert.equal(failure?.kind, "unreachable");
  assert.ok(!JSON.stringify(failure).includes(hsToken));
});

test("closing ends what is on its way", async (t) => {
  const { bridge, gateway, send, ping } = await openGateway(t);
  bridge.hang("transactions");
  const sending = send("1");
  await bridge.until(() => bridge.requests.length === 1);
  await gateway.close();
  assert.equal((await sending)?.kind, "unreachable");
  assert.equal(asFailure(await ping()).kind, "unreachable");
  assert.equal(bridge.requests.length, 1);
});

function asFailure(result: number | boolean | AppserviceFailure): AppserviceFailure {
  assert.ok(typeof result === "object", `it is no failure: ${result}`);
  return result;
}
