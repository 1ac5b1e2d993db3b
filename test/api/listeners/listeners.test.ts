import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { test } from "node:test";
import { newClient } from "../../support/client.ts";
import { startTestServer } from "../../support/test-server.ts";
import { authorityFile, serverCertificate } from "../../support/tls/certificates.ts";

test("a listener serves only its resources", async () => {
  const listeners = [{ port: 0, bind: "127.0.0.1", resources: ["health"] }];
  const server = await startTestServer({ listeners });
  try {
    const health = await fetch(`${server.url}/health`);
    assert.deepEqual([health.status, await health.text()], [200, "OK"]);
    for (const path of ["/_matrix/client/versions", "/metrics"]) {
      assert.equal((await fetch(server.url + path)).status, 404, path);
    }
  } finally {
    await server.close();
  }
});

test("metrics tell what was claimed, and how long requests and queries took", async () => {
  const listeners = [{ port: 0, bind: "127.0.0.1", resources: ["client", "metrics"] }];
  const server = await startTestServer({ listeners });
  try {
    const alice = await newClient(server.url, "alice");
    await alice.upload({ one_time_keys: alice.keys.oneTimeKeys(1), fallback_keys: alice.keys.fallbackKey() });
    for (let claim = 0; claim < 3; claim++) await alice.claim(alice.userId, alice.deviceId);
    await alice.claim(alice.userId, "UNKNOWN");
    const text = await (await fetch(`${server.url}/metrics`)).text();
    for (const [source, count] of [
      ["one_time_key", 1],
      ["fallback_key", 2],
      ["none", 1],
    ]) {
      assert.ok(text.includes(`claviger_claims_total{source="${source}"} ${count}\n`), String(source));
    }
    assert.match(text, /claviger_request_duration_seconds_count\{operation="claimKeys",status="2xx"\} 4\n/);
    assert.match(text, /claviger_query_duration_seconds_count\{query="one_time_keys\.take"\} 4\n/);
  } finally {
    await server.close();
  }
});

test("a listener with a certificate speaks TLS", async () => {
  const tls = serverCertificate;
  const server = await startTestServer({ listeners: [{ port: 0, bind: "127.0.0.1", resources: ["health"], tls }] });
  try {
    assert.match(server.url, /^https:/);
    const status = await new Promise((resolve, reject) => {
      const ca = readFileSync(authorityFile);
      request(`${server.url}/health`, { ca }, (answer) => resolve(answer.resume().statusCode))
        .on("error", reject)
        .end();
    });
    assert.equal(status, 200);
  } finally {
    await server.close();
  }
});
