import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../src/config/parse-config.ts";

function parse(raw: Record<string, unknown>) {
  return parseConfig({ server_name: "localhost", ...raw }, {}, "/etc/claviger");
}

test("relative paths start at the given folder, absolute ones stay", () => {
  const config = parse({
    data_dir: "data",
    database: { path: "/var/db" },
    appservices: ["bridge.yaml"],
    federation: { trusted_ca: ["../ca.pem"] },
    listeners: [{ tls: { certificate: "cert.pem", private_key: "/key.pem" } }],
  });
  assert.equal(config.dataDir, "/etc/claviger/data");
  assert.deepEqual(config.database, { engine: "sqlite", path: "/var/db" });
  assert.deepEqual(config.appservices, ["/etc/claviger/bridge.yaml"]);
  assert.deepEqual(config.federation.trustedCa, ["/etc/ca.pem"]);
  assert.deepEqual(config.listeners[0]?.tls, { certificate: "/etc/claviger/cert.pem", privateKey: "/key.pem" });
});

test("the database :memory: is kept as it is", () => {
  assert.deepEqual(parse({ database: { path: ":memory:" } }).database, { engine: "sqlite", path: ":memory:" });
});

test("the engine postgres takes its own keys and ignores the path of the first start", () => {
  const url = "postgres://user:pw@db.example/claviger";
  assert.deepEqual(parse({ database: { engine: "postgres", url, path: "./data/claviger.db" } }).database, {
    engine: "postgres",
    url,
    poolSize: 20,
    listenUrl: undefined,
    preparedStatements: "auto",
  });
});

test("a base URL loses its slash at the end", () => {
  assert.equal(parse({ public_base_url: "https://Matrix.example.org/" }).publicBaseUrl, "https://matrix.example.org");
  assert.equal(parse({ public_base_url: "http://h:8008/matrix/" }).publicBaseUrl, "http://h:8008/matrix");
});

for (const bind of ["::", "::1", "0.0.0.0", "localhost", "db-1.internal"]) {
  test(`listens on ${bind}`, () => {
    assert.equal(parse({ listeners: [{ bind }] }).listeners[0]?.bind, bind);
  });
}

test("port 0 may stand at several listeners, the same port at several addresses", () => {
  const listeners = [{ port: 0 }, { port: 0 }, { port: 80 }, { port: 80, bind: "::1" }];
  assert.deepEqual(
    parse({ listeners }).listeners.map(({ port }) => port),
    [0, 0, 80, 80],
  );
});

test("an override of resolution is found by its server name, and by no name that was not given", () => {
  const { resolveOverrides } = parse({ federation: { resolve_overrides: { "b.test": "[::1]:8448" } } }).federation;
  const found = ["b.test", "c.test", "constructor", "__proto__"].map((name) => resolveOverrides[name]);
  assert.deepEqual(found, ["[::1]:8448", undefined, undefined, undefined]);
});

test("the raw configuration is not changed", () => {
  const raw = Object.freeze({ server_name: "localhost", keys: Object.freeze({ max_one_time_keys: 5 }) });
  const config = parseConfig(raw, { CLAVIGER_KEYS__MAX_ONE_TIME_KEYS: "6", CLAVIGER_LOG__LEVEL: "warn" });
  assert.equal(config.keys.maxOneTimeKeys, 6);
  assert.deepEqual(raw, { server_name: "localhost", keys: { max_one_time_keys: 5 } });
});

test("the version of new rooms is text or a number, of the file or the environment", () => {
  const versionOf = (default_version: unknown) =>
    parseConfig({ server_name: "example.org", rooms: { default_version } }, {}).rooms.defaultVersion;
  assert.deepEqual(["10", "11", "12", 10, 11, 12].map(versionOf), ["10", "11", "12", "10", "11", "12"]);
  const variables = { CLAVIGER_ROOMS__DEFAULT_VERSION: "12" };
  assert.equal(parseConfig({ server_name: "example.org" }, variables).rooms.defaultVersion, "12");
  for (const version of ["9", 9, "toString", null, 11.5]) {
    assert.throws(() => versionOf(version), /rooms\.default_version.*10, 11 or 12/);
  }
});
