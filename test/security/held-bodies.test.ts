import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createServer } from "../../src/app.ts";
import { HandClock } from "../domain/open-house.ts";
import { Client, newClient } from "../support/client.ts";
import { login } from "../support/test-server.ts";

async function serve(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "claviger-security-"));
  const clock = new HandClock();
  const config = {
    ...{ server_name: "localhost", data_dir: folder, database: { engine: "sqlite", path: ":memory:" } },
    listeners: [{ port: 0, bind: "127.0.0.1", resources: ["client"] }],
    ...{ registration: { mode: "open" }, limits: { enabled: false }, log: { level: "error" } },
  };
  const server = await createServer({ config, clock });
  await server.listen();
  t.after(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { url: server.url, clock };
}

/** Sends the head of a request, lets `meanwhile` happen once the server has read it, and sends the body. */
function withHeldBody(client: Client, method: string, path: string, body: object, meanwhile: () => Promise<unknown>) {
  const { hostname, port } = new URL(client.url);
  const text = JSON.stringify(body);
  const head = [
    `${method} /_matrix/client/v3${path} HTTP/1.1`,
    "Host: localhost",
    `Authorization: Bearer ${client.account.accessToken}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    "Connection: close",
    "Expect: 100-continue",
  ];
  return new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.once("data", () => {
      socket.on("data", (chunk) => {
        answer += chunk.toString();
      });
      meanwhile().then(() => socket.write(text), reject);
    });
    socket.on("error", reject).on("close", () => resolve(answer));
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
  });
}

test("S4: a body that is held back until its sender is logged out is refused, also when the device is there again", async (t) => {
  const { url, clock } = await serve(t);
  const thief = await newClient(url, "alice");
  const owner = new Client(url, await login(url, "alice"));
  const answer = await withHeldBody(
    thief,
    "POST",
    "/keys/upload",
    { device_keys: thief.keys.deviceKeys() },
    async () => {
      await thief.post("/logout", {});
      await login(url, "alice", "alice-password", thief.deviceId);
      clock.advance(2000);
    },
  );
  assert.match(answer, /^HTTP\/1.1 401 .*"M_UNKNOWN_TOKEN"/s);
  assert.deepEqual((await owner.query("@alice:localhost")).device_keys, { "@alice:localhost": {} });
});

test("a body that takes long is taken all the same", async (t) => {
  const { url, clock } = await serve(t);
  const alice = await newClient(url, "alice");
  const path = "/user/@alice:localhost/account_data/m.direct";
  const answer = await withHeldBody(alice, "PUT", path, { a: 1 }, async () => clock.advance(60_000));
  assert.match(answer, /^HTTP\/1.1 200 /);
  assert.deepEqual((await alice.get(path)).body, { a: 1 });
});
