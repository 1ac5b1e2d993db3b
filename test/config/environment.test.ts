import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../src/config/config-error.ts";
import { parseConfig } from "../../src/config/parse-config.ts";

function parse(environment: Record<string, string | undefined>, raw: object = {}) {
  return parseConfig({ server_name: "localhost", ...raw }, environment);
}

test("a variable replaces a key of the file, or stands where the file has none", () => {
  assert.equal(parse({ CLAVIGER_SERVER_NAME: "example.org" }).serverName, "example.org");
  assert.equal(
    parse({ CLAVIGER_KEYS__MAX_ONE_TIME_KEYS: "100" }, { keys: { max_one_time_keys: 7 } }).keys.maxOneTimeKeys,
    100,
  );
  assert.equal(parseConfig(undefined, { CLAVIGER_SERVER_NAME: "example.org" }).serverName, "example.org");
});

test("texts are taken as they are, also when they look like numbers", () => {
  assert.equal(parse({ CLAVIGER_REGISTRATION__TOKEN: "0123" }).registration.token, "0123");
  assert.equal(parse({ CLAVIGER_KEYS__VERIFY_SIGNATURES: "off" }).keys.verifySignatures, "off");
});

test("numbers and truth values are read as such", () => {
  const config = parse({
    CLAVIGER_ACCOUNTS__REFRESH_TOKENS: "false",
    CLAVIGER_LIMITS__RATES__LOGIN__PER_SECOND: "2.5",
  });
  assert.equal(config.accounts.refreshTokens, false);
  assert.deepEqual(config.limits.rates.login, { perSecond: 2.5, burst: 10 });
});

test("one member of a listener is replaced, of the default listener too, and one can be added behind the last", () => {
  const base = { bind: "127.0.0.1", resources: ["client", "federation", "health"], tls: undefined };
  assert.deepEqual(parse({ CLAVIGER_LISTENERS__0__PORT: "9000" }).listeners, [{ ...base, port: 9000 }]);
  const listeners = [{ port: 1 }, { port: 2 }];
  assert.deepEqual(
    parse({ CLAVIGER_LISTENERS__1__PORT: "3", CLAVIGER_LISTENERS__2__RESOURCES: "metrics" }, { listeners }).listeners,
    [
      { ...base, port: 1 },
      { ...base, port: 3 },
      { ...base, port: 8008, resources: ["metrics"] },
    ],
  );
});

test("lists are written with commas or as YAML, sections as YAML", () => {
  assert.deepEqual(parse({ CLAVIGER_APPSERVICES: "/a.yaml, /b.yaml" }).appservices, ["/a.yaml", "/b.yaml"]);
  assert.deepEqual(parse({ CLAVIGER_APPSERVICES: '["/a,b.yaml"]' }).appservices, ["/a,b.yaml"]);
  assert.equal(parse({ CLAVIGER_LISTENERS: "[{ port: 80 }]" }).listeners[0]?.port, 80);
  const overrides = { CLAVIGER_FEDERATION__RESOLVE_OVERRIDES: "{ b.test: 127.0.0.1:8448 }" };
  assert.equal(parse(overrides).federation.resolveOverrides["b.test"], "127.0.0.1:8448");
});

test("a single key wins over its whole section", () => {
  const environment = { CLAVIGER_LOG__LEVEL: "warn", CLAVIGER_LOG: "{ level: debug, format: pretty }" };
  assert.deepEqual(parse(environment).log, { level: "warn", format: "pretty" });
});

test("an empty variable counts as not set, and so does one of another program", () => {
  const config = parse({
    CLAVIGER_PUBLIC_BASE_URL: "",
    CLAVIGER_LISTENERS__0__TLS__CERTIFICATE: "",
    CLAVIGER_LOG__LEVEL: undefined,
    CLAVIGERS: "1",
    PATH: "/bin",
  });
  assert.deepEqual(config, parse({}));
});

const refused: readonly (readonly [environment: Record<string, string>, line: string])[] = [
  [
    { CLAVIGER_KEYS__MAX_ONE_TIME_KEYS: "many" },
    'keys.max_one_time_keys (from CLAVIGER_KEYS__MAX_ONE_TIME_KEYS): "many" is not allowed: a whole number from 1 to 5000',
  ],
  [
    { CLAVIGER_LOG: "{ level: loud }" },
    'log.level (from CLAVIGER_LOG): "loud" is not allowed: fatal, error, warn, info, debug, trace or silent',
  ],
  [
    { CLAVIGER_DATABASE: "postgres://u:pw@h/d" },
    "database (from CLAVIGER_DATABASE): a text is not allowed here: a section with engine, path, url, pool_size, listen_url, prepared_statements",
  ],
  [
    { CLAVIGER_DATABASE__URL: "postgres://u:pw@h/d" },
    "database.url (from CLAVIGER_DATABASE__URL): (hidden) is not allowed: only with database.engine: postgres",
  ],
  [
    { CLAVIGER_LOGS__LEVEL: "warn" },
    "CLAVIGER_LOGS__LEVEL: unknown variable of the environment: did you mean CLAVIGER_LOG__LEVEL?",
  ],
  [
    { CLAVIGER_KEYS_MAX_ONE_TIME_KEYS: "5" },
    "CLAVIGER_KEYS_MAX_ONE_TIME_KEYS: unknown variable of the environment: did you mean CLAVIGER_KEYS__MAX_ONE_TIME_KEYS?",
  ],
  [
    { CLAVIGER_LOG__COLOUR: "" },
    "CLAVIGER_LOG__COLOUR: unknown variable of the environment: allowed are CLAVIGER_LOG__LEVEL, CLAVIGER_LOG__FORMAT",
  ],
  [
    { CLAVIGER_SERVER_NAME__PORT: "1" },
    "CLAVIGER_SERVER_NAME__PORT: unknown variable of the environment: did you mean CLAVIGER_SERVER_NAME?",
  ],
  [
    { CLAVIGER_LISTENERS__3__PORT: "1" },
    "CLAVIGER_LISTENERS__3__PORT: unknown variable of the environment: the entries are numbered from 0 to 1",
  ],
  [
    { CLAVIGER_LISTENERS__0__PORTS: "1" },
    "CLAVIGER_LISTENERS__0__PORTS: unknown variable of the environment: did you mean CLAVIGER_LISTENERS__0__PORT?",
  ],
];

for (const [environment, line] of refused) {
  test(`refuses ${JSON.stringify(environment)} with one line`, () => {
    assert.throws(() => parse(environment), new ConfigError(line));
  });
}
