import assert from "node:assert/strict";
import { test } from "node:test";
import { DnsResolver } from "../../../src/adapters/federation/discovery/dns-resolver.ts";

test("localhost is this machine, whatever name servers say", async () => {
  const resolver = new DnsResolver();
  for (const host of ["localhost", "LOCALHOST", "a.localhost"]) {
    assert.deepEqual(await resolver.addresses(host), ["127.0.0.1", "::1"]);
  }
});
