import assert from "node:assert/strict";
import { test } from "node:test";
import { FoundServers, TooManySearchesError } from "../../../src/adapters/federation/discovery/found-servers.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import { HandClock } from "../observability/hand-clock.ts";
import { openTestFederation, TestDns } from "./open-test-federation.ts";

const never = new Promise<never>(() => undefined);
const mostSearches = 1000;

function stranger(index: number): ServerName {
  return `silent${index}.claviger.test` as ServerName;
}

test("while too many servers are looked for, one that was found before is where it was, and others are not found", async () => {
  const clock = new HandClock();
  const found = new FoundServers({
    ...{ clock, resolver: new TestDns(), roll: () => 0, resolveOverrides: {} },
    fetchWellKnown: (host) => (host.startsWith("silent") ? never : Promise.resolve({ server: undefined, lifetime: 0 })),
  });
  const known = "known.claviger.test" as ServerName;
  const place = await found.find(known);
  for (let index = 0; index < mostSearches; index++) void found.find(stranger(index));
  clock.passed += 24 * 3600_000;
  assert.deepEqual(await found.find(known), place);
  await assert.rejects(found.find("other.claviger.test" as ServerName), TooManySearchesError);
});

test("a server that was not looked for, because too many are, has not failed", async (t) => {
  const dns = new TestDns();
  const services = dns.services.bind(dns);
  dns.services = (name) => (name.includes("silent") ? never : services(name));
  // Nobody listens at port 1, so that no .well-known is found.
  const { claim, query, federation } = await openTestFederation(t, {
    resolver: dns,
    bounds: { wellKnownPort: 1, fairTimeout: 0, perServer: 6, inAll: 4 * mostSearches },
  });
  // Whoever asked has given up, and the searches go on.
  await Promise.all(Array.from({ length: mostSearches }, (_, index) => claim(stranger(index), 1)));
  for (let times = 0; times < 4; times++) {
    const { failure } = await query("other.claviger.test");
    assert.deepEqual(failure, { kind: "spared", error: "too many requests wait" });
  }
  assert.deepEqual(federation.describe(), []);
});
