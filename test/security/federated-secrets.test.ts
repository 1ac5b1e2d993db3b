import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { freePort, startClaviger, temporaryFolder, untilHealthy } from "../cli/run-claviger.ts";
import { type Heard, PlayedServer } from "../federation/played-servers.ts";
import { authorizationOf } from "../federation/x-matrix.ts";
import { ask, federating, playServers, sendTransaction } from "../races/federated-house.ts";
import { newClient } from "../support/client.ts";

const secretContent = "what-alice-tells-mallory";

test("E3: no signing key, signature, OpenID token or content of a message is ever logged, and no such token is kept in clear", async (t) => {
  const { played, servers } = await playServers(t, "one", "down");
  const [one, down] = servers;
  const folder = temporaryFolder(t);
  const { listeners, federation } = federating(played);
  const port = await freePort();
  const config = {
    ...{ server_name: "localhost", data_dir: "data", database: { engine: "sqlite", path: "data/claviger.db" } },
    ...{ listeners: [{ ...listeners[0], port }], federation },
    ...{ registration: { mode: "open" }, limits: { enabled: false }, log: { level: "trace", format: "json" } },
  };
  // JSON is YAML.
  writeFileSync(join(folder, "claviger.yaml"), JSON.stringify(config));
  const running = startClaviger(["serve", "--config", "claviger.yaml"], { folder });
  t.after(() => running.process.kill("SIGKILL"));
  const url = `http://127.0.0.1:${port}`;
  await untilHealthy(url, running);

  const secrets = new Map<string, string>();
  const alice = await newClient(url, "alice");
  const refused = { status: 500, body: { errcode: "M_UNKNOWN", error: secretContent } };
  for (const route of ["claim", "query", "devices", "send"] as const) down.on[route] = () => refused;
  // Claims, queries and messages, to a server that answers and to one that does not.
  const arrived = Promise.withResolvers<void>();
  one.on.send = () => {
    arrived.resolve();
    return { body: { pdus: {} } };
  };
  for (const server of [one, down]) {
    const mallory = { userId: server.userId("mallory"), deviceId: "PHONE" };
    server.addDevice("mallory", "PHONE");
    await alice.query(mallory.userId);
    await alice.post("/keys/claim", { one_time_keys: { [mallory.userId]: { PHONE: "signed_curve25519" } } });
    const content = { [mallory.userId]: { PHONE: { body: secretContent } } };
    assert.equal((await alice.send("m.test", server.name, content)).status, 200);
  }
  await arrived.promise;
  secrets.set(secretContent, "content");
  for (const { authorization } of [one, down].flatMap(({ heard }: { heard: Heard[] }) => heard)) {
    if (authorization) secrets.set(authorization.sig, "signature of ours");
  }
  assert.ok(secrets.size > 4, "there were requests");

  // Requests of another server: right, with a bad signature, malformed, and of one that nobody knows.
  const message = { sender: one.userId("mallory"), type: "m.test", message_id: "1" };
  const messages = { [alice.userId]: { "*": { body: "what-mallory-tells-alice" } } };
  secrets.set("what-mallory-tells-alice", "content");
  const edus = [{ edu_type: "m.direct_to_device", content: { ...message, messages } }];
  assert.equal((await sendTransaction(one, url, "t1", edus)).status, 200);
  const stranger = new PlayedServer("stranger.claviger.test");
  await ask(stranger, url, "GET", "/user/devices/@alice:localhost");
  const uri = "/_matrix/federation/v1/user/devices/@alice:localhost";
  const request = { method: "GET", uri, origin: one.name, destination: "localhost" };
  for (const [signedAs, change] of [
    [request, (header: string) => header],
    [{ ...request, method: "PUT" }, (header: string) => header],
    [request, (header: string) => `${header},sig="`],
    [request, (header: string) => header.replace("X-Matrix", "X-Matrices")],
    [{ ...request, destination: "elsewhere.example" }, (header: string) => header],
  ] as const) {
    const header = authorizationOf(signedAs, one.keyId, one.pair);
    secrets.set(/sig="([^"]*)"/.exec(header)?.[1] ?? "", "signature of another server");
    await fetch(`${url}${uri}`, { headers: { authorization: change(header) } });
  }

  // An OpenID token: good, mistyped, and in a path that is none.
  const { body: openid } = await alice.post(`/user/${alice.userId}/openid/request_token`, {});
  const token: string = openid.access_token;
  secrets.set(token, "OpenID token");
  const userinfo = `${url}/_matrix/federation/v1/openid/userinfo?access_token=`;
  assert.deepEqual(await (await fetch(userinfo + token)).json(), { sub: alice.userId });
  assert.equal((await fetch(`${userinfo}${token}x`)).status, 401);
  await fetch(`${url}/nothing?access_token=${token}`);
  const asAccessToken = await fetch(`${url}/_matrix/client/v3/account/whoami?access_token=${token}`);
  assert.equal(asAccessToken.status, 401, "it is good for nothing else");

  const [, , seed = ""] = readFileSync(join(folder, "data", "signing.key"), "utf8")
    .trim()
    .split(" ");
  assert.match(seed, /^[A-Za-z0-9+/]{43}$/);
  secrets.set(seed, "signing key");
  secrets.set(one.pair.privateKey.export({ format: "jwk" }).d ?? "", "another server's key");
  const files = () =>
    readdirSync(join(folder, "data"))
      .filter((name) => name !== "signing.key")
      .map((name) => readFileSync(join(folder, "data", name), "latin1"))
      .join("\n");
  const whileItRuns = files();
  running.process.kill("SIGTERM");
  const { stdout, stderr } = await running.ended;
  const foundIn = (text: string) => [...secrets].filter(([secret]) => text.includes(secret)).map(([, what]) => what);
  assert.match(stdout, /sendTransaction/, "requests of servers are logged");
  assert.deepEqual(foundIn(stdout + stderr), []);
  for (const text of [whileItRuns, files()]) {
    assert.ok(text.includes(alice.userId), "the files are those of the database");
    assert.deepEqual(
      foundIn(text).filter((what) => /token|key|signature of/.test(what)),
      [],
    );
  }
});
