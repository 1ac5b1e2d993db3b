import assert from "node:assert/strict";
import { test } from "node:test";
import {
  findServer,
  NoSuchServerError,
  overriddenPlace,
  type Place,
} from "../../../src/adapters/federation/discovery/find-server.ts";
import { orderServices } from "../../../src/adapters/federation/discovery/order-services.ts";
import type { Service } from "../../../src/adapters/federation/discovery/resolver.ts";
import type { ServerName } from "../../../src/protocol/identifiers/server-name.ts";
import { TestDns } from "./open-test-federation.ts";

/** Where a server is found when `.well-known` and the DNS say this, and what was asked. */
async function find(
  serverName: string,
  {
    wellKnown = {},
    services = {},
  }: { wellKnown?: Record<string, string>; services?: Record<string, Partial<Service>[]> },
) {
  const dns = new TestDns();
  for (const [name, records] of Object.entries(services)) dns.records.set(name, records);
  const asked = dns.asked;
  const fetchWellKnown = async (host: string) => {
    asked.push(`well-known ${host}`);
    return wellKnown[host] as ServerName | undefined;
  };
  const place = await findServer(serverName as ServerName, { resolver: dns, fetchWellKnown, roll: () => 0 });
  return { place, asked };
}

function place(hostHeader: string, tlsName: string, ...targets: [string, number][]): Place {
  return { hostHeader, tlsName, isTrusted: false, targets: targets.map(([host, port]) => ({ host, port })) };
}

const everything = {
  wellKnown: { "192.0.2.1": "no", "example.org": "no" },
  services: { "_matrix-fed._tcp.example.org": [{ name: "no", port: 1 }] },
};

test("step 1: an IP literal is used as it is, with its port or 8448", async () => {
  assert.deepEqual(await find("192.0.2.1", everything), {
    place: place("192.0.2.1", "192.0.2.1", ["192.0.2.1", 8448]),
    asked: [],
  });
  assert.deepEqual((await find("192.0.2.1:99", {})).place, place("192.0.2.1:99", "192.0.2.1", ["192.0.2.1", 99]));
  assert.deepEqual(
    (await find("[2001:db8::1]", {})).place,
    place("[2001:db8::1]", "2001:db8::1", ["2001:db8::1", 8448]),
  );
  assert.deepEqual(
    (await find("[2001:db8::1]:99", {})).place,
    place("[2001:db8::1]:99", "2001:db8::1", ["2001:db8::1", 99]),
  );
});

test("step 2: a host with an explicit port is used as it is", async () => {
  const found = await find("example.org:8448", everything);
  assert.deepEqual(found, { place: place("example.org:8448", "example.org", ["example.org", 8448]), asked: [] });
});

test("step 3.1: .well-known names an IP literal", async () => {
  const { place: found, asked } = await find("example.org", { wellKnown: { "example.org": "192.0.2.1" } });
  assert.deepEqual(found, place("192.0.2.1", "192.0.2.1", ["192.0.2.1", 8448]));
  assert.deepEqual(asked, ["well-known example.org"]);
  const withPort = await find("example.org", { wellKnown: { "example.org": "[2001:db8::1]:443" } });
  assert.deepEqual(withPort.place, place("[2001:db8::1]:443", "2001:db8::1", ["2001:db8::1", 443]));
});

test("step 3.2: .well-known names a host with a port", async () => {
  const { place: found, asked } = await find("example.org", { wellKnown: { "example.org": "hs.example.net:443" } });
  assert.deepEqual(found, place("hs.example.net:443", "hs.example.net", ["hs.example.net", 443]));
  assert.deepEqual(asked, ["well-known example.org"]);
});

test("step 3.3: .well-known names a host that has a matrix-fed service", async () => {
  const { place: found, asked } = await find("example.org", {
    wellKnown: { "example.org": "hs.example.net", "hs.example.net": "not.asked" },
    services: {
      "_matrix-fed._tcp.hs.example.net": [{ name: "a.example.net", port: 1001 }],
      "_matrix._tcp.hs.example.net": [{ name: "b.example.net", port: 1002 }],
      "_matrix-fed._tcp.example.org": [{ name: "c.example.net", port: 1003 }],
    },
  });
  assert.deepEqual(found, place("hs.example.net", "hs.example.net", ["a.example.net", 1001]));
  assert.deepEqual(asked, ["well-known example.org", "_matrix-fed._tcp.hs.example.net"]);
});

test("step 3.4: .well-known names a host that has the deprecated service only", async () => {
  const { place: found } = await find("example.org", {
    wellKnown: { "example.org": "hs.example.net" },
    services: { "_matrix._tcp.hs.example.net": [{ name: "b.example.net", port: 1002 }] },
  });
  assert.deepEqual(found, place("hs.example.net", "hs.example.net", ["b.example.net", 1002]));
});

test("step 3.5: .well-known names a host without services", async () => {
  const { place: found, asked } = await find("example.org", { wellKnown: { "example.org": "hs.example.net" } });
  assert.deepEqual(found, place("hs.example.net", "hs.example.net", ["hs.example.net", 8448]));
  assert.deepEqual(asked.slice(1), ["_matrix-fed._tcp.hs.example.net", "_matrix._tcp.hs.example.net"]);
});

test("step 4: no .well-known, and a matrix-fed service", async () => {
  const { place: found } = await find("example.org", {
    services: {
      "_matrix-fed._tcp.example.org": [{ name: "a.example.net", port: 1001 }],
      "_matrix._tcp.example.org": [{ name: "b.example.net", port: 1002 }],
    },
  });
  assert.deepEqual(found, place("example.org", "example.org", ["a.example.net", 1001]));
});

test("step 5: no .well-known, and the deprecated service only", async () => {
  const { place: found } = await find("example.org", {
    services: { "_matrix._tcp.example.org": [{ name: "b.example.net", port: 1002 }] },
  });
  assert.deepEqual(found, place("example.org", "example.org", ["b.example.net", 1002]));
});

test("step 6: neither .well-known nor services", async () => {
  const { place: found, asked } = await find("example.org", {});
  assert.deepEqual(found, place("example.org", "example.org", ["example.org", 8448]));
  assert.deepEqual(asked, ["well-known example.org", "_matrix-fed._tcp.example.org", "_matrix._tcp.example.org"]);
});

test("several services are tried by priority, then by lot, and four at most", async () => {
  const services = [3, 1, 2, 1, 5, 4].map((priority, index) => ({ name: `s${index}`, port: 1, priority }));
  const { place: found } = await find("example.org", { services: { "_matrix-fed._tcp.example.org": services } });
  assert.deepEqual(
    found.targets.map(({ host }) => host),
    ["s1", "s3", "s2", "s0"],
  );
});

test("a domain whose only service is a dot has no server", async () => {
  const services = { "_matrix-fed._tcp.example.org": [{ name: ".", port: 0 }] };
  await assert.rejects(find("example.org", { services }), NoSuchServerError);
  const both = [
    { name: ".", port: 0 },
    { name: "a", port: 1 },
  ];
  const { place: found } = await find("example.org", { services: { "_matrix-fed._tcp.example.org": both } });
  assert.deepEqual(found.targets, [{ host: "a", port: 1 }]);
});

test("a name of no place is no server, and one in .well-known counts as none", async () => {
  for (const name of ["[1.2.3]", "example.org:0", "example.org:65536", "[::1"]) {
    await assert.rejects(find(name, {}), NoSuchServerError);
  }
  const { place: found } = await find("example.org", { wellKnown: { "example.org": "hs.example.net:70000" } });
  assert.deepEqual(found, place("example.org", "example.org", ["example.org", 8448]));
});

test("an override says where to connect to; header and certificate stay those of the name", () => {
  assert.deepEqual(overriddenPlace("example.org:99" as ServerName, "10.0.0.1:8448"), {
    ...{ hostHeader: "example.org:99", tlsName: "example.org", isTrusted: true },
    targets: [{ host: "10.0.0.1", port: 8448 }],
  });
});

test("of equal priority, weights decide by lot", () => {
  const service = (name: string, weight: number) => ({ name, port: 1, priority: 1, weight });
  const services = [service("heavy", 60), service("light", 20), service("zero", 0), service("other", 20)];
  const order = (roll: number) => orderServices(services, () => roll).map(({ name }) => name);
  assert.deepEqual(order(0), ["zero", "heavy", "light", "other"]);
  assert.deepEqual(order(0.99), ["other", "light", "heavy", "zero"]);
  assert.equal(order(0.5)[0], "heavy");
  assert.equal(order(0.7)[0], "light");
});
