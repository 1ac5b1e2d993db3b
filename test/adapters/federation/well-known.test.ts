import assert from "node:assert/strict";
import { test } from "node:test";
import { impostorCertificate } from "../../support/tls/certificates.ts";
import { openTestFederation } from "./open-test-federation.ts";
import { answering, nobody, silence, startRemote } from "./remote-server.ts";

const there = "there.claviger.test";

/** A server, and what `.well-known` of its name is, on a port of its own. Where nothing is delegated, nobody is found. */
async function open(t: Parameters<typeof startRemote>[0]) {
  const remote = await startRemote(t, answering({ found: true }));
  const site = await startRemote(t, delegation(remote));
  const opened = await openTestFederation(t, { bounds: { wellKnownPort: site.port } });
  opened.dns.records.set(`_matrix-fed._tcp.${there}`, [{ name: "gone", port: nobody }]);
  const isFound = async () => (await opened.query(there)).body !== undefined;
  return { ...opened, remote, site, isFound };
}

function delegation({ port }: { port: number }, headers = {}) {
  return answering({ "m.server": `hs.claviger.test:${port}` }, 200, headers);
}

test("step 3: .well-known is fetched with its certificate checked, and the delegate is spoken to by its own name", async (t) => {
  const { remote, site, isFound } = await open(t);
  assert.ok(await isFound());
  const [request] = site.requests;
  assert.deepEqual([request?.method, request?.path], ["GET", "/.well-known/matrix/server"]);
  assert.equal(request?.tlsName, there);
  assert.equal(request?.headers.authorization, undefined);
  assert.deepEqual(
    [remote.requests[0]?.headers.host, remote.requests[0]?.tlsName],
    [`hs.claviger.test:${remote.port}`, "hs.claviger.test"],
  );
  assert.match(remote.requests[0]?.headers.authorization ?? "", new RegExp(`destination="${there}"`));
});

test("step 3: .well-known is remembered", async (t) => {
  const { clock, site, remote, isFound } = await open(t);
  site.answer = delegation(remote, { "cache-control": "max-age=7200" });
  assert.ok(await isFound());
  clock.passed += 7_199_999;
  assert.ok(await isFound());
  assert.equal(site.requests.length, 1);
  clock.passed += 600_000;
  assert.ok(await isFound());
  assert.equal(site.requests.length, 2);
});

test("step 3: many who look for one server at a time fetch .well-known once", async (t) => {
  const { query, site } = await open(t);
  await Promise.all(Array.from({ length: 20 }, () => query(there)));
  assert.equal(site.requests.length, 1);
});

test("step 3: whatever is no valid answer counts as none", async (t) => {
  for (const bad of [
    answering({}),
    answering("<html>"),
    answering({ "m.server": 1 }),
    answering({ "m.server": "a b" }),
  ]) {
    const { site, isFound } = await open(t);
    site.answer = bad;
    assert.equal(await isFound(), false);
    assert.equal(site.requests.length, 1);
  }
  const { site, remote, isFound } = await open(t);
  site.answer = answering({ "m.server": `hs.claviger.test:${remote.port}` }, 404);
  assert.equal(await isFound(), false);
});

test("step 3: five redirects are followed, and not a sixth", async (t) => {
  for (const [hops, isFollowed] of [
    [5, true],
    [6, false],
  ] as const) {
    const { site, remote, isFound } = await open(t);
    site.answer = ({ path }, response) => {
      const hop = Number(/\d+/.exec(path)?.[0] ?? 0);
      if (hop === hops) delegation(remote)({ path } as never, response);
      else response.writeHead(302, { location: `/hop/${hop + 1}` }).end("moved");
    };
    assert.equal(await isFound(), isFollowed);
    assert.equal(site.requests.length, 6);
  }
});

test("step 3: a redirect leads to other servers by HTTPS alone", async (t) => {
  const { site, remote, isFound } = await open(t);
  const other = await startRemote(t, delegation(remote));
  site.answer = answering("", 301, { location: `https://www.claviger.test:${other.port}/x?y` });
  assert.ok(await isFound());
  assert.equal(other.requests[0]?.path, "/x?y");
  const second = await open(t);
  second.site.answer = answering("", 301, { location: `http://www.claviger.test:${other.port}/` });
  assert.equal(await second.isFound(), false);
  assert.equal(other.connections(), 1);
});

test("step 3: a redirect to a server that is not what it says is not believed", async (t) => {
  const { site, remote, isFound } = await open(t);
  const impostor = await startRemote(t, delegation(remote), { certificate: impostorCertificate });
  site.answer = answering("", 301, { location: `https://www.claviger.test:${impostor.port}/` });
  assert.equal(await isFound(), false);
  assert.equal(impostor.requests.length, 0);
});

test("step 3: an answer that is too long counts as none", async (t) => {
  const { site, remote, isFound } = await open(t);
  site.answer = answering({ "m.server": `hs.claviger.test:${remote.port}`, padding: "x".repeat(70_000) });
  assert.equal(await isFound(), false);
  assert.equal(remote.requests.length, 0);
});

test("step 3: whoever waits for .well-known waits no longer than its own deadline", async (t) => {
  const { site, query } = await open(t);
  site.answer = silence;
  assert.equal((await query(there, 200)).failure?.kind, "timeout");
});

test("two connections that fail make a server be looked for anew", async (t) => {
  const { site, remote, clock, isFound, dns } = await open(t);
  site.answer = delegation({ port: nobody });
  assert.equal(await isFound(), false);
  site.answer = delegation(remote);
  assert.equal(await isFound(), false);
  assert.equal(site.requests.length, 1);
  clock.passed += 1000;
  assert.ok(await isFound());
  assert.equal(site.requests.length, 2);
  assert.ok(!dns.asked.some((name) => name.startsWith("_matrix")));
});
