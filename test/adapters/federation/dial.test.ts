import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { Client } from "undici";
import { dial } from "../../../src/adapters/federation/connections/dial.ts";
import { BodyReader } from "../../../src/adapters/federation/connections/read-body.ts";
import { contextThatTrusts } from "../../../src/adapters/federation/connections/trusted-authorities.ts";
import { Deadlines } from "../../../src/adapters/federation/deadlines.ts";
import { fetchWellKnown } from "../../../src/adapters/federation/discovery/fetch-well-known.ts";
import { afterTest } from "../../support/after-test.ts";
import { authorityFile } from "../../support/tls/certificates.ts";
import { HandClock } from "../observability/hand-clock.ts";
import { TestDns } from "./open-test-federation.ts";
import { answering, startRemote } from "./remote-server.ts";

/** Here 127.0.0.1 is an address of the Internet, and every other is private. */
function open(t: TestContext) {
  const closing = new AbortController();
  afterTest(t, () => closing.abort());
  const dns = new TestDns();
  const secureContext = contextThatTrusts([readFileSync(authorityFile, "utf8")]);
  const deps = {
    resolver: dns,
    allows: (address: string) => address === "127.0.0.1",
    secureContext,
    closing: closing.signal,
  };
  return { dns, deps, closing };
}

function placeOf(host: string, port: number, isTrusted = false) {
  return { targets: [{ host, port }], hostHeader: host, tlsName: "there.claviger.test", isTrusted };
}

test("a name that changes to a private address between two connections leads nowhere", async (t) => {
  const { dns, deps } = open(t);
  const remote = await startRemote(t, answering({}), { host: "0.0.0.0" });
  const socket = await dial(placeOf("rebound.test", remote.port), deps);
  socket.destroy();
  dns.hosts.set("rebound.test", ["127.0.0.2"]);
  await assert.rejects(dial(placeOf("rebound.test", remote.port), deps), { code: "ADDRESS_REFUSED" });
  assert.equal(remote.connections(), 1);
  (await dial(placeOf("rebound.test", remote.port, true), deps)).destroy();
});

test("a name is looked up once for each connection: what was judged is what it goes to", async (t) => {
  const { dns, deps } = open(t);
  const remote = await startRemote(t);
  const answers = [["127.0.0.1"], ["127.0.0.2"]];
  dns.addresses = async () => answers.shift() ?? [];
  (await dial(placeOf("rebound.test", remote.port), deps)).destroy();
  assert.equal(answers.length, 1);
});

test("of public and private addresses only the public ones are tried", async (t) => {
  const { dns, deps } = open(t);
  const remote = await startRemote(t);
  dns.hosts.set("mixed.test", ["10.0.0.1", "127.0.0.2", "127.0.0.1"]);
  const socket = await dial(placeOf("mixed.test", remote.port), deps);
  assert.equal(socket.remoteAddress, "127.0.0.1");
  socket.destroy();
});

test("step 3: a redirect of .well-known to a private address is refused", async (t) => {
  const { dns, deps } = open(t);
  const inner = await startRemote(t, answering({ "m.server": "inner.claviger.test" }), { host: "0.0.0.0" });
  const outer = await startRemote(t);
  const deadlines = new Deadlines();
  const wellKnown = { ClientClass: Client, dial: deps, bodies: new BodyReader(), deadlines, clock: new HandClock() };
  const fetch = () => fetchWellKnown("outer.claviger.test", { ...wellKnown, port: outer.port });
  outer.answer = answering("", 302, { location: `https://inner.claviger.test:${inner.port}/` });
  assert.equal((await fetch()).server, "inner.claviger.test");
  dns.hosts.set("inner.claviger.test", ["127.0.0.2"]);
  assert.equal((await fetch()).server, undefined);
  outer.answer = answering("", 302, { location: `https://127.0.0.2:${inner.port}/` });
  assert.equal((await fetch()).server, undefined);
  assert.equal(inner.connections(), 1);
});

test("closing ends connections that do not stand yet", async (t) => {
  const { dns, deps, closing } = open(t);
  const asked = Promise.withResolvers<void>();
  dns.addresses = () => {
    asked.resolve();
    return new Promise(() => undefined);
  };
  const dialled = assert.rejects(dial(placeOf("slow.test", 1), deps), { code: "ECONNABORTED" });
  await asked.promise;
  closing.abort();
  await dialled;
});
