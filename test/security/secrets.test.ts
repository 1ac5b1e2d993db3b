import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { freePort, startClaviger, temporaryFolder, untilHealthy } from "../cli/run-claviger.ts";
import { checkedFetch } from "../openapi/checking-fetch.ts";
import { Client } from "../support/client.ts";

const registrationToken = "the-registration-token-1";

/** A server as an operator runs it, which logs all that it ever logs. */
async function serve(t: TestContext) {
  const folder = temporaryFolder(t);
  const port = await freePort();
  const config = {
    ...{ server_name: "localhost", data_dir: "data", database: { engine: "sqlite", path: "data/claviger.db" } },
    listeners: [{ port, bind: "127.0.0.1", resources: ["client", "health"] }],
    ...{ registration: { mode: "token", token: registrationToken }, limits: { enabled: false } },
    log: { level: "trace", format: "json" },
  };
  // JSON is YAML.
  writeFileSync(join(folder, "claviger.yaml"), JSON.stringify(config));
  const running = startClaviger(["serve", "--config", "claviger.yaml"], { folder });
  t.after(() => running.process.kill("SIGKILL"));
  const url = `http://127.0.0.1:${port}`;
  await untilHealthy(url, running);
  return {
    url,
    data: join(folder, "data"),
    /** Stops it; gives all that it printed. */
    async stop(): Promise<string> {
      running.process.kill("SIGTERM");
      const { stdout, stderr } = await running.ended;
      return stdout + stderr;
    },
  };
}

/** What must not be found anywhere, by what it is. */
class Secrets {
  readonly all = new Map<string, string>();

  add(what: string, secret: unknown): string {
    assert.ok(typeof secret === "string" && secret.length >= 12, `${what} is no secret: ${secret}`);
    this.all.set(secret, what);
    return secret;
  }

  /** Names of those that a text has. */
  foundIn(text: string): string[] {
    return [...this.all].filter(([secret]) => text.includes(secret)).map(([, what]) => what);
  }
}

type Body = Record<string, unknown>;

async function post(url: string, path: string, body: object, token?: string) {
  const response = await checkedFetch(`${url}/_matrix/client/v3${path}`, {
    method: "POST",
    body: JSON.stringify(body),
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

/** Registers Alice, first with a wrong token, then in a session. */
async function register(url: string, secrets: Secrets): Promise<Client> {
  const password = secrets.add("password", "alices-first-password");
  const account = { username: "alice", password, refresh_token: true };
  const wrongToken = secrets.add("wrong registration token", "a-wrong-registration-token");
  const begun = await post(url, "/register", account);
  const session = secrets.add("session of the registration", begun.body["session"]);
  const type = "m.login.registration_token";
  assert.equal((await post(url, "/register", { ...account, auth: { type, session, token: wrongToken } })).status, 401);
  const auth = { type, session, token: registrationToken };
  const { status, body } = await post(url, "/register", { ...account, auth });
  assert.equal(status, 200);
  await fetch(`${url}/_matrix/client/v1/register/${type}/validity?token=${registrationToken}`);
  secrets.add("first refresh token", body["refresh_token"]);
  const accessToken = secrets.add("first access token", body["access_token"]);
  return new Client(url, { userId: "@alice:localhost", deviceId: String(body["device_id"]), accessToken });
}

function passwordAuth(password: string) {
  return { type: "m.login.password", identifier: { type: "m.id.user", user: "alice" }, password };
}

/** Logs in rightly and wrongly, and refreshes. */
async function logIn(url: string, secrets: Secrets): Promise<void> {
  const wrong = secrets.add("wrong password", "not-alices-password");
  assert.equal((await post(url, "/login", passwordAuth(wrong))).status, 403);
  const right = await post(url, "/login", { ...passwordAuth("alices-first-password"), refresh_token: true });
  const refreshToken = secrets.add("second refresh token", right.body["refresh_token"]);
  secrets.add("second access token", right.body["access_token"]);
  const refreshed = await post(url, "/refresh", { refresh_token: refreshToken });
  secrets.add("third refresh token", refreshed.body["refresh_token"]);
  const accessToken = secrets.add("third access token", refreshed.body["access_token"]);
  // As old clients send it.
  assert.equal((await fetch(`${url}/_matrix/client/v3/account/whoami?access_token=${accessToken}`)).status, 200);
  const invented = secrets.add("token that is none", "cla_this-token-was-never-given-to-anybody");
  assert.equal((await post(url, "/refresh", { refresh_token: invented })).status, 401);
  await fetch(`${url}/_matrix/client/v3/sync?access_token=${invented}`);
  await fetch(`${url}/nothing?access_token=${invented}`, { headers: { authorization: `Basic ${invented}` } });
}

/** Sends what is for its recipients alone, rightly and wrongly. */
async function sendContent(alice: Client, secrets: Secrets): Promise<void> {
  const { userId, deviceId, keys } = alice;
  const content = { body: secrets.add("to-device content", "what-alice-tells-herself") };
  assert.equal((await alice.send("m.test", "1", { [userId]: { [deviceId]: content } })).status, 200);
  const refused = {
    [userId]: { [deviceId]: { x: secrets.add("refused content", "content-that-is-refused"), y: 1e300 } },
  };
  assert.equal((await alice.send("m.test", "2", refused)).status, 400);
  const path = `/user/${userId}/account_data/m.secret_storage.key.x`;
  await alice.request("PUT", path, { key: secrets.add("account data", "the-key-of-alices-backup") });
  await alice.request("PUT", path, `{"key":"${secrets.add("body that is cut short", "the-key-that-was-cut-short")}`);
  await alice.request("PUT", path, `["${secrets.add("body of a wrong shape", "a-body-of-the-wrong-shape")}"]`);
  const badKey = { key: secrets.add("one-time key", "a-key-of-a-bad-signature"), signatures: { [userId]: {} } };
  await alice.upload({ device_keys: keys.deviceKeys(), one_time_keys: { "signed_curve25519:A": badKey } });
  await alice.sync();
}

/** Changes the password by user-interactive authentication, with wrong tries. */
async function authenticateAgain(alice: Client, secrets: Secrets): Promise<void> {
  const change = { new_password: secrets.add("new password", "alices-second-password"), logout_devices: false };
  const begun = await alice.post("/account/password", change);
  const session = secrets.add("session of the change", begun.body.session);
  const wrong = secrets.add("wrong password in a session", "not-alices-password-either");
  await alice.post("/account/password", { ...change, auth: { ...passwordAuth(wrong), session } });
  const auth = { ...passwordAuth("alices-first-password"), session };
  assert.equal((await alice.post("/account/password", { ...change, auth })).status, 200);
  const other = await alice.post("/account/deactivate", { auth: { ...passwordAuth(wrong) } });
  secrets.add("session of the deactivation", other.body.session);
}

/** Makes the server fail: on a row that contradicts its schema, and on a database that another process holds. */
async function fail(alice: Client, secrets: Secrets, database: string): Promise<void> {
  const begun = await alice.post("/delete_devices", { devices: ["X"] });
  const session = secrets.add("session of a failure", begun.body.session);
  const intruder = new Database(database);
  intruder.prepare("UPDATE ui_auth_sessions SET completed = ? WHERE session_id = ?").run("{", session);
  const auth = { ...passwordAuth("alices-second-password"), session };
  const broken = await alice.post("/delete_devices", { devices: ["X"], auth });
  assert.equal(broken.status, 500);
  intruder.exec("BEGIN IMMEDIATE");
  const content = { body: secrets.add("content that is not stored", "what-could-not-be-stored") };
  const busy = await alice.send("m.test", "3", { [alice.userId]: { [alice.deviceId]: content } });
  assert.equal(busy.status, 503);
  intruder.exec("ROLLBACK");
  intruder.close();
}

test("E3: no token, password or content of a message is ever logged, and none of the former is kept in clear", async (t) => {
  const { url, data, stop } = await serve(t);
  const secrets = new Secrets();
  secrets.add("registration token", registrationToken);
  const alice = await register(url, secrets);
  await logIn(url, secrets);
  await sendContent(alice, secrets);
  await authenticateAgain(alice, secrets);
  await fail(alice, secrets, join(data, "claviger.db"));
  const running = filesIn(data);
  const log = await stop();
  for (const message of ["request", "request refused", "request failed", "uploaded keys have bad signatures"]) {
    assert.ok(log.includes(`"msg":"${message}"`), `the log has "${message}"`);
  }
  assert.ok(log.includes("StorageUnavailableError") && log.includes("StorageInconsistencyError"), log);
  assert.deepEqual(secrets.foundIn(log), []);

  const keptInClear = (text: string) => secrets.foundIn(text).filter((what) => /token|password/.test(what));
  assert.ok(running.includes("what-alice-tells-herself"), "the files are those of the database");
  assert.deepEqual(keptInClear(running), [], "while it runs, write-ahead log included");
  assert.deepEqual(keptInClear(filesIn(data)), [], "at rest");
});

/** The bytes of all files of a folder. */
function filesIn(folder: string): string {
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "latin1"))
    .join("\n");
}
