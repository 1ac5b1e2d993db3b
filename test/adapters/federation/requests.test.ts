import assert from "node:assert/strict";
import { test } from "node:test";
import { parseXMatrix, requestObject } from "../../../src/protocol/federation/x-matrix.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import { signingBytes, verifySignatureText } from "../../../src/protocol/signed-json.ts";
import { impostorCertificate } from "../../support/tls/certificates.ts";
import { openTestFederation, ourName, patient } from "./open-test-federation.ts";
import { answering, nobody, type RemoteRequest, silence, startRemote } from "./remote-server.ts";

/** Ms: over as soon as the event loop gets to it. */
const short = 200;

/** Whether the request is signed by the key, as its receiver finds out. */
function isSigned({ method, path, headers, body }: RemoteRequest, destination: string, publicKey: string): boolean {
  const header = parseXMatrix(headers.authorization ?? "");
  assert.ok(header);
  assert.equal(header.origin, ourName);
  assert.equal(header.destination, destination);
  const content = body === "" ? undefined : JSON.parse(body);
  const signed = { method, uri: path, origin: ourName, destination: destination as ServerName, content };
  return verifySignatureText(signingBytes(requestObject(signed)), header.signature, publicKey);
}

test("C5: a claim is a signed POST of canonical JSON, and its answer comes as it is", async (t) => {
  const { claim, signingKey, outcomes } = await openTestFederation(t);
  const remote = await startRemote(t, answering({ one_time_keys: { x: 1 } }));
  const name = `there.claviger.test:${remote.port}`;
  assert.deepEqual(await claim(name), { body: { one_time_keys: { x: 1 } } });
  const [request] = remote.requests as [RemoteRequest];
  assert.equal(request.method, "POST");
  assert.equal(request.path, "/_matrix/federation/v1/user/keys/claim");
  assert.equal(request.body, '{"one_time_keys":{"@user:there":{"DEVICE":"signed_curve25519"}}}');
  assert.equal(request.headers["content-type"], "application/json");
  assert.equal(request.headers.host, name);
  assert.equal(request.tlsName, "there.claviger.test");
  assert.ok(isSigned(request, name, signingKey.publicKey));
  assert.deepEqual(outcomes, ["claim answered"]);
});

test("Q4: queries and device lists are signed over the path as it is sent", async (t) => {
  const { query, devices, signingKey, outcomes } = await openTestFederation(t);
  const remote = await startRemote(t);
  const name = `127.0.0.1:${remote.port}`;
  await query(name);
  await devices(name);
  const [first, second] = remote.requests as [RemoteRequest, RemoteRequest];
  assert.equal(first.path, "/_matrix/federation/v1/user/keys/query");
  assert.equal(first.body, '{"device_keys":{"@user:there":[]}}');
  assert.equal(second.method, "GET");
  assert.equal(second.path, "/_matrix/federation/v1/user/devices/%40us%2Fer%3Athere");
  assert.equal(second.tlsName, false, "an IP address is not named in the handshake");
  for (const request of remote.requests) assert.ok(isSigned(request, name, signingKey.publicKey));
  assert.deepEqual(outcomes, ["query answered", "devices answered"]);
});

test("requests that follow each other use one connection, and those of two servers two", async (t) => {
  const { query } = await openTestFederation(t);
  const remote = await startRemote(t);
  for (let times = 0; times < 5; times++) await query(`a.claviger.test:${remote.port}`);
  assert.equal(remote.connections(), 1);
  await query(`b.claviger.test:${remote.port}`);
  assert.equal(remote.connections(), 2);
});

test("a server is asked so many things at once, and no more", async (t) => {
  const { query } = await openTestFederation(t, { bounds: { perServer: 2 } });
  const held: (() => void)[] = [];
  const remote = await startRemote(t, (_, response) => void held.push(() => response.end("{}")));
  const answers = Array.from({ length: 6 }, () => query(`localhost:${remote.port}`));
  for (let done = 0; done < 6; done += 2) {
    await remote.untilAsked(done + 2);
    assert.equal(remote.requests.length, done + 2);
    for (const end of held.splice(0)) end();
  }
  for (const answer of await Promise.all(answers)) assert.deepEqual(answer, { body: {} });
  assert.equal(remote.connections(), 2);
});

test("a connection that was closed while nobody used it is made anew", async (t) => {
  const { query } = await openTestFederation(t);
  const remote = await startRemote(t);
  const name = `localhost:${remote.port}`;
  await query(name);
  remote.hangUp();
  remote.answer = answering({ again: true });
  assert.deepEqual(await query(name), { body: { again: true } });
  assert.deepEqual([remote.requests.length, remote.connections()], [2, 2]);
});

test("a certificate of an unknown authority, or for another name, is refused", async (t) => {
  const { query } = await openTestFederation(t);
  const impostor = await startRemote(t, answering({}), { certificate: impostorCertificate });
  const remote = await startRemote(t);
  for (const name of [`localhost:${impostor.port}`, `other.test:${remote.port}`]) {
    const { failure } = await query(name);
    assert.equal(failure?.kind, "unreachable");
  }
  assert.equal((await query(`127.0.0.1:${impostor.port}`)).failure?.kind, "unreachable");
  assert.deepEqual([impostor.requests.length, remote.requests.length], [0, 0]);
});

test("without its authority a server is not trusted", async (t) => {
  const { query } = await openTestFederation(t, { trustedCa: [] });
  const remote = await startRemote(t);
  assert.equal((await query(`localhost:${remote.port}`)).failure?.kind, "unreachable");
  assert.equal(remote.requests.length, 0);
});

test("a file that holds no certificate is named at the start", async (t) => {
  await assert.rejects(openTestFederation(t, { trustedCa: ["/nowhere/ca.pem"] }), /\/nowhere\/ca\.pem/);
  await assert.rejects(openTestFederation(t, { trustedCa: [import.meta.filename] }), /requests\.test\.ts/);
});

test("an override leads to a private address, and the certificate must still be for the name", async (t) => {
  const remote = await startRemote(t);
  const at = `127.0.0.1:${remote.port}`;
  const { query, dns } = await openTestFederation(t, {
    allowPrivateAddresses: false,
    resolveOverrides: { "there.claviger.test": at, "other.test": at, "named.claviger.test": `inside:${remote.port}` },
  });
  assert.deepEqual(await query("there.claviger.test"), { body: {} });
  assert.deepEqual(await query("named.claviger.test"), { body: {} });
  assert.equal((await query("other.test")).failure?.kind, "unreachable");
  assert.equal(remote.requests[0]?.headers.host, "there.claviger.test");
  assert.equal(remote.requests[0]?.tlsName, "there.claviger.test");
  assert.deepEqual(dns.asked, ["inside"]);
});

test("private addresses are refused, as literals and behind names", async (t) => {
  const { query, dns } = await openTestFederation(t, { allowPrivateAddresses: false });
  const remote = await startRemote(t);
  dns.hosts.set("mapped.claviger.test", ["::ffff:127.0.0.1", "10.0.0.1", "fe80::1"]);
  for (const host of ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "there.claviger.test", "mapped.claviger.test"]) {
    const { failure } = await query(`${host}:${remote.port}`);
    assert.equal(failure?.error, "it cannot be reached (ADDRESS_REFUSED)", host);
  }
  assert.equal(remote.connections(), 0);
});

test("an answer of another status is a failure, of which only a known errcode is told", async (t) => {
  const { query, devices, outcomes } = await openTestFederation(t);
  const remote = await startRemote(t, answering({ errcode: "M_NOT_FOUND", error: "secret" }, 404));
  const name = `localhost:${remote.port}`;
  const failure = { kind: "status", error: "it has answered with status 404", status: 404, errcode: "M_NOT_FOUND" };
  assert.deepEqual(await devices(name), { failure });
  remote.answer = answering({ errcode: "ORG_SECRET" }, 403);
  assert.deepEqual(await query(name), {
    failure: { kind: "status", error: "it has answered with status 403", status: 403 },
  });
  assert.deepEqual(outcomes, ["devices failed", "query failed"]);
});

test("redirects are not followed", async (t) => {
  const { query } = await openTestFederation(t);
  const elsewhere = await startRemote(t);
  const remote = await startRemote(t, answering({}, 307, { location: `https://localhost:${elsewhere.port}/` }));
  assert.equal((await query(`localhost:${remote.port}`)).failure?.status, 307);
  assert.equal(elsewhere.requests.length, 0);
});

test("an answer that is no JSON object, too deep or of too many values is unreadable", async (t) => {
  const { query } = await openTestFederation(t);
  const remote = await startRemote(t);
  const bad = [
    "",
    "<html>secret",
    "[]",
    "null",
    `{"a":${"[".repeat(200)}${"]".repeat(200)}}`,
    `{"a":[${"1,".repeat(60_000)}1]}`,
  ];
  for (const text of bad) {
    remote.answer = answering(text);
    const { failure } = await query(`localhost:${remote.port}`);
    assert.equal(failure?.kind, "unreadable", text.slice(0, 20));
    assert.doesNotMatch(failure.error, /secret/);
  }
  remote.answer = answering({});
  assert.deepEqual(await query(`localhost:${remote.port}`), { body: {} });
});

test("an answer without end is ended at its bound", async (t) => {
  const { query } = await openTestFederation(t);
  let written = 0;
  const ended = Promise.withResolvers<void>();
  const remote = await startRemote(t, (_, response) => {
    response.on("close", ended.resolve);
    const write = () => {
      if (response.destroyed) return;
      written += 65_536;
      if (response.write(Buffer.alloc(65_536, " "))) setImmediate(write);
      else response.once("drain", write);
    };
    write();
  });
  const { failure } = await query(`localhost:${remote.port}`);
  assert.equal(failure?.error, "its answer is longer than 4194304 bytes");
  await ended.promise;
  assert.ok(written < 64 * 1_048_576, `${written} bytes were written`);
});

test("headers without end are ended at their bound", async (t) => {
  const { query } = await openTestFederation(t);
  const ended = Promise.withResolvers<void>();
  const remote = await startRemote(t, (_, response) => {
    const { socket } = response;
    socket?.on("close", ended.resolve);
    socket?.write("HTTP/1.1 200 OK\r\n");
    const write = () => {
      if (socket === null || socket.destroyed) return;
      if (socket.write(`x-more: ${"x".repeat(1000)}\r\n`)) setImmediate(write);
      else socket.once("drain", write);
    };
    write();
  });
  assert.equal((await query(`localhost:${remote.port}`)).failure?.kind, "unreadable");
  await ended.promise;
});

test("what speaks no HTTP is unreadable", async (t) => {
  const { query } = await openTestFederation(t);
  const remote = await startRemote(t, (_, response) => void response.socket?.end("SSH-2.0-secret\r\n\r\n"));
  const { failure } = await query(`localhost:${remote.port}`);
  assert.deepEqual(failure, { kind: "unreadable", error: "it does not speak HTTP (HTTPParserError)" });
});

test("an answer that never comes, or whose body never ends, is ended by the deadline", async (t) => {
  const { query, outcomes } = await openTestFederation(t);
  const remote = await startRemote(t, silence);
  const name = `localhost:${remote.port}`;
  assert.deepEqual(await query(name, short), {
    failure: { kind: "timeout", error: `it has not answered within ${short} ms` },
  });
  remote.answer = (_, response) => void response.write('{"a":');
  assert.equal((await query(name, short)).failure?.kind, "timeout");
  assert.deepEqual(outcomes, ["query failed", "query failed"]);
});

test("C5: of fifty servers one never answers; the others do, and it is ended by its deadline", async (t) => {
  const { claim } = await openTestFederation(t);
  const remote = await startRemote(t, answering({ one_time_keys: {} }));
  const dead = await startRemote(t, silence);
  const answer = claim(`localhost:${dead.port}`, 1000);
  const others = Array.from({ length: 49 }, (_, index) => claim(`s${index}.claviger.test:${remote.port}`));
  for (const other of await Promise.all(others)) assert.deepEqual(other, { body: { one_time_keys: {} } });
  assert.equal((await answer).failure?.kind, "timeout");
});

test("nothing answers at a port: unreachable", async (t) => {
  const { query } = await openTestFederation(t);
  const { failure } = await query(`localhost:${nobody}`);
  assert.deepEqual(failure, { kind: "unreachable", error: "it cannot be reached (ECONNREFUSED)" });
});

test("of several targets the first that can be reached is asked", async (t) => {
  const remote = await startRemote(t);
  const { query, dns } = await openTestFederation(t, { bounds: { wellKnownPort: nobody } });
  dns.records.set("_matrix-fed._tcp.there.claviger.test", [
    { name: "first", port: nobody, priority: 1 },
    { name: "second", port: remote.port, priority: 2 },
  ]);
  assert.deepEqual(await query("there.claviger.test"), { body: {} });
  assert.deepEqual(
    remote.requests.map(({ headers, tlsName }) => [headers.host, tlsName]),
    [["there.claviger.test", "there.claviger.test"]],
  );
});

test("close ends what is on its way and what comes later", async (t) => {
  const { query, federation } = await openTestFederation(t);
  const remote = await startRemote(t, silence);
  const answer = query(`localhost:${remote.port}`, patient);
  await remote.untilAsked(1);
  await federation.close();
  for (const { failure } of [await answer, await query(`localhost:${remote.port}`)]) {
    assert.deepEqual(failure, { kind: "unreachable", error: "this server stops" });
  }
});
