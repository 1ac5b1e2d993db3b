import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { test } from "node:test";
import { captureLog } from "./captured-log.ts";
import { HandClock } from "./hand-clock.ts";

const token = "kq3vN0cJ2mX8yT5uR7wZ1aB4dE6fG9hI-_LpQsOoVtY";
const password = 'correct horse "battery" staple';

test("a line has its time from the clock, its level, message and fields", async () => {
  const log = await captureLog(new HandClock());
  log.logger.info("started", { url: "http://127.0.0.1:8008", ms: 120 });
  assert.deepEqual(log.lines(), [
    { level: "info", time: "2030-01-01T00:00:00.000Z", url: "http://127.0.0.1:8008", ms: 120, msg: "started" },
  ]);
});

test("lines below the level are not written", async () => {
  const log = await captureLog(new HandClock(), { level: "warn" });
  log.logger.debug("a");
  log.logger.info("b");
  log.logger.warn("c");
  log.logger.error("d");
  assert.deepEqual(
    log.lines().map(({ level, msg }) => [level, msg]),
    [
      ["warn", "c"],
      ["error", "d"],
    ],
  );
});

test("the pretty log is one readable line, and an error shows its stack", async () => {
  const log = await captureLog(new HandClock(), { format: "pretty" });
  log.logger.warn("request failed", { operationId: "uploadKeys", error: new Error("disk full") });
  const [first = ""] = log.text().split("\n");
  assert.match(first, /2030-01-01T00:00:00.000Z.* WARN.*request failed.*uploadKeys/);
  assert.match(log.text(), /Error: disk full\n\s+at /);
});

const carriers: Record<string, Record<string, unknown>> = {
  "an access token": { accessToken: token },
  "a header": { headers: { Authorization: `Bearer ${token}`, cookie: `session=${token}` } },
  "a query": { query: { access_token: token }, search: `?since=s1&access_token=${token}` },
  "a URL": { url: `/_matrix/client/v3/sync?access_token=${token}&since=1` },
  "a body": { body: { password, initial_device_display_name: "x" } },
  "a body as text": { received: JSON.stringify({ identifier: {}, password, token }) },
  "JSON within JSON": { received: JSON.stringify({ inner: JSON.stringify({ password, refresh_token: token }) }) },
  "a message's content": { event: { type: "m.room.message", content: { body: password } } },
  "an appservice's registration": { registration: { hs_token: token, as_token: token } },
  "an error's message": { error: new Error(`no session for ${token}`) },
  "an error's cause": { error: new Error("outer", { cause: new Error(`Authorization: Bearer ${token}`) }) },
  "an aggregate": { error: new AggregateError([new Error(`password=${token}`)], "all failed") },
  "a driver's error": { error: Object.assign(new Error("syntax"), { parameters: [password], query: `'${token}'` }) },
  "a database URL": { database: `postgres://claviger:${token}@db.example/claviger` },
  "an object of a class": {
    request: new (class Request {
      headers = { authorization: token };
    })(),
  },
  "a list": { list: [{ login_token: token }] },
};

for (const format of ["json", "pretty"] as const) {
  for (const [what, fields] of Object.entries(carriers)) {
    test(`E3: a secret in ${what} is not in the ${format} log`, async () => {
      const log = await captureLog(new HandClock(), { format });
      log.logger.error("something happened", fields);
      log.logger.error(`something happened with ${token}`);
      assert.match(log.text(), /something happened/);
      for (const secret of [token, token.slice(0, 20), "battery", "staple"]) {
        assert.ok(!log.text().includes(secret), log.text());
      }
    });
  }
}

test("what is no secret is kept: keys, ids, events, addresses", async () => {
  const log = await captureLog(new HandClock());
  const fields = {
    keyId: `ed25519:${token}`,
    eventId: `$${token}`,
    dehydratedDevice: token,
    path: `/_matrix/client/v3/devices/${token}`,
    address: "https://other.example:8448/_matrix/key",
  };
  log.logger.info("kept", fields);
  const [{ level, time, msg, ...kept } = {}] = log.lines();
  assert.deepEqual(kept, fields);
});

test("hostile fields are cut, and never throw", async () => {
  const log = await captureLog(new HandClock());
  const ring: Record<string, unknown> = { big: 2n ** 70n, symbol: Symbol("x"), none: null, bytes: Buffer.alloc(9) };
  ring["self"] = ring;
  ring["bare"] = Object.create(Object.create(null));
  log.logger.info("ring", { ring, many: Array.from({ length: 1000 }, (_, at) => at), long: "x".repeat(1_000_000) });
  log.logger.info("patterns", {
    token: "t",
    a: "token=".repeat(50_000),
    b: "://a:".repeat(50_000),
    c: '\\"'.repeat(99_999),
  });
  assert.equal(log.lines().length, 2);
  assert.ok(log.text().length < 20_000);
});

const logAndExit = (ending: string) => `
  const { createLogger } = await import(${JSON.stringify(new URL("../../../src/adapters/observability/logger.ts", import.meta.url).href)});
  const logger = await createLogger({ level: "info", format: "json", clock: { now: () => 0, monotonic: () => 0 } });
  for (let line = 0; line < 1000; line++) logger.info("line " + line);
  ${ending}`;

for (const ending of ["process.exit(0)", "throw new Error('bug')", ""]) {
  test(`standard output has every line when the process ends by ${ending || "itself"}`, () => {
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", logAndExit(ending)], {
      encoding: "utf8",
    });
    const messages = stdout
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { msg: string }).msg);
    assert.deepEqual(
      messages,
      Array.from({ length: 1000 }, (_, line) => `line ${line}`),
    );
  });
}

for (const ending of ["process.exitCode = 7", "process.exit(7)"]) {
  test(`a full disk under the log does not end the server, nor hold up ${ending}`, {
    skip: !existsSync("/dev/full"),
  }, () => {
    const full = openSync("/dev/full", "w");
    const script = `${logAndExit("await new Promise((resolve) => setTimeout(resolve, 50))")}; logger.info("again"); ${ending}`;
    const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      stdio: ["ignore", full, "pipe"],
      timeout: 10_000,
    });
    closeSync(full);
    assert.equal(stderr, "");
    assert.equal(status, 7);
  });
}

test("a reader of the log that goes away does not end the server", () => {
  const script = `${logAndExit("await new Promise((resolve) => setTimeout(resolve, 50))")}; logger.info("again"); console.error("alive")`;
  const { stderr } = spawnSync("/bin/sh", ["-c", '"$0" --input-type=module -e "$1" | true', process.execPath, script], {
    encoding: "utf8",
    timeout: 10_000,
  });
  assert.equal(stderr, "alive\n");
});
