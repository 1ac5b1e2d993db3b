import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientRequest, request as httpRequest, type OutgoingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { LargeBodies } from "../../../src/api/limits/large-bodies.ts";
import { canonicalJson } from "../../../src/protocol/canonical-json.ts";
import { eventually } from "../../federation/eventually.ts";
import type { CallingServer } from "./calling-server.ts";
import { serveFederation } from "./serve-federation.ts";

const megabyte = 1024 * 1024;

test("a large body is taken as it was signed, and not where only its canonical form was", async (t) => {
  const { caller } = await serveFederation(t);
  const server = caller("calling.example");
  const large = transactionOf(server, megabyte);
  const text = canonicalJson(large);
  assert.equal((await server.signedAsSent("PUT", "/send/1", text)).status, 200);
  assert.equal((await server.signedAsSent("PUT", "/send/2", JSON.stringify({ ...large, n: 1.5 }))).status, 200);
  const spaced = await server.request("PUT", "/send/3", large, { body: ` ${text}` });
  assert.deepEqual([spaced.status, spaced.body.errcode], [401, "M_UNAUTHORIZED"]);
  const smaller = transactionOf(server, megabyte - 1000);
  const answer = await server.request("PUT", "/send/4", smaller, { body: ` ${canonicalJson(smaller)}` });
  assert.equal(answer.status, 200);
});

test("E2: of an address two large bodies are under way at once; the place of one that ends is free", async (t) => {
  const { hold, send } = await openLarge(t);
  const first = hold({ "content-length": 11 * megabyte });
  // It does not say how much it is.
  const second = hold({ "transfer-encoding": "chunked" });
  await eventually(async () => assert.equal(await send(2 * megabyte), 429));
  assert.equal(await send(megabyte), 401);
  assert.equal(await send(2 * megabyte, "192.0.2.2"), 401);
  first.destroy();
  await eventually(async () => assert.equal(await send(2 * megabyte), 401));
  for (let index = 0; index < 5; index++) assert.equal(await send(2 * megabyte), 401);
  second.end("1");
  assert.equal(await statusOf(second), 401);
  await Promise.all([send(2 * megabyte), send(2 * megabyte)]).then((both) => assert.deepEqual(both, [401, 401]));
});

test("E2: 64 MiB of large bodies are under way at once, of however many addresses", async (t) => {
  const { hold, send } = await openLarge(t);
  const held = Array.from({ length: 5 }, (_, index) => hold({ "content-length": 12 * megabyte }, `192.0.2.${index}`));
  await eventually(async () => assert.equal(await send(5 * megabyte, "192.0.2.100"), 429));
  assert.equal(await send(3 * megabyte, "192.0.2.100"), 401);
  assert.equal(await send(megabyte, "192.0.2.100"), 401);
  held[0]?.destroy();
  await eventually(async () => assert.equal(await send(12 * megabyte, "192.0.2.100"), 401));
});

test("E2: a large body that waits behind another request loses its place with the connection", async (t) => {
  const { send, authorization, newClient, url } = await openLarge(t);
  const alice = await newClient("alice");
  const { next_batch } = await alice.sync();
  const { hostname, port } = new URL(url);
  const sockets = [1, 2].map(() => connect(Number(port), hostname));
  // One has come whole, and its answer waits; the other has not.
  for (const [index, socket] of sockets.entries()) {
    socket.write(`GET /_matrix/client/v3/sync?timeout=600000&since=${next_batch} HTTP/1.1\r\nhost: x\r\n`);
    socket.write(`authorization: Bearer ${alice.account.accessToken}\r\n\r\n`);
    socket.write(`PUT /_matrix/federation/v1/send/1 HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 192.0.2.1\r\n`);
    socket.write(`authorization: ${authorization}\r\ncontent-length: ${2 * megabyte}\r\n\r\n`);
    socket.write("1".repeat(index === 0 ? 2 * megabyte : 1));
  }
  await eventually(async () => assert.equal(await send(2 * megabyte), 429));
  for (const socket of sockets) socket.destroy();
  await eventually(async () =>
    assert.deepEqual(await Promise.all([send(2 * megabyte), send(2 * megabyte)]), [401, 401]),
  );
});

test("E2: many large bodies that are held back do not fill the memory", async (t) => {
  const { hold } = await openLarge(t);
  const part = Buffer.alloc(11 * megabyte, " ");
  const before = process.memoryUsage().arrayBuffers;
  const ended = new Set<ClientRequest>();
  const all = Array.from({ length: 60 }, () => {
    const held = hold({ "content-length": part.length + 1 });
    const sent = new Promise<void>((resolve) => held.write(part, () => resolve()));
    held.once("response", ({ statusCode }) => statusCode === 429 && ended.add(held));
    return { held, sent };
  });
  await eventually(() => assert.equal(ended.size, 58));
  await Promise.all(all.filter(({ held }) => !ended.has(held)).map(({ sent }) => sent));
  assert.ok(process.memoryUsage().arrayBuffers - before < 100 * megabyte);
});

test("E2: a large body keeps its place while something works on it, though its sender has hung up", async () => {
  const bodies = new LargeBodies();
  const isRefused = () => assert.throws(() => bodies.admit("192.0.2.1", 2 * megabyte), /under way/);
  const [place] = [bodies.admit("192.0.2.1", megabyte), bodies.admit("192.0.2.1", megabyte)];
  const { promise, resolve } = Promise.withResolvers<void>();
  const work = place.during(() => promise);
  place.end();
  isRefused();
  resolve();
  await work;
  // What begins now gives back nothing a second time.
  await place.during(async () => undefined);
  bodies.admit("192.0.2.1", megabyte);
  isRefused();
});

/** A server, and somebody who sends it large bodies in the name of another one whose key it knows, with no good signature. */
async function openLarge(t: TestContext) {
  const held: ClientRequest[] = [];
  // First: the server ends once they have.
  t.after(() => {
    for (const one of held) one.destroy();
  });
  const { caller, url, newClient } = await serveFederation(t);
  const server = caller("calling.example");
  assert.equal((await server.send("0", [])).status, 200);
  const authorization = `X-Matrix origin="${server.name}",destination="example.org",key="${server.keyId}",sig="${"A".repeat(86)}"`;
  const hold = (headers: OutgoingHttpHeaders, address = "192.0.2.1") => {
    const request = httpRequest(`${url}/_matrix/federation/v1/send/1`, {
      ...{ method: "PUT", agent: false },
      headers: { authorization, "x-forwarded-for": address, ...headers },
    });
    request.on("error", () => undefined);
    request.flushHeaders();
    held.push(request);
    return request;
  };
  return {
    ...{ url, newClient, authorization },
    /** Begins a request and sends its headers. */
    hold,
    /** Sends one whole; 401: it was read, and is not signed. */
    send(bytes: number, address?: string): Promise<number> {
      const request = hold({ "content-length": bytes }, address);
      const status = statusOf(request);
      request.end(Buffer.alloc(bytes, "1"));
      return status;
    },
  };
}

async function statusOf(request: ClientRequest): Promise<number> {
  const [response] = await once(request, "response");
  response.resume();
  return response.statusCode;
}

function transactionOf(server: CallingServer, bytes: number) {
  const edu = { content: { filler: "x".repeat(bytes) }, edu_type: "m.unknown" };
  return { edus: [edu], origin: server.name, origin_server_ts: 1, pdus: [] };
}
