import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../src/config/config-error.ts";
import { parseConfig } from "../../src/config/parse-config.ts";

const token = "a text (quoted where it is a number) of 1 to 64 characters: letters, digits and . _ ~ -";
const serverName = "a host name, such as example.org, or an IP address (IPv6 in brackets), with or without a port";
const listenersAllowed = "a list of one or more listeners, each with port, bind, resources, tls";
const resources = "a list of one or more resources";
const overrides = "server names, each with a host:port, such as { other.example: 10.0.0.2:8448 }";
const postgres = { engine: "postgres" };

/** What is put beside (or in place of) `server_name: localhost`, and the line that it gets. */
const refused: readonly (readonly [raw: Record<string, unknown>, line: string])[] = [
  [{ server_name: undefined }, `server_name is missing: ${serverName}`],
  [{ server_name: null }, `server_name: null is not allowed: ${serverName}`],
  [{ server_name: "https://example.org" }, `server_name: "https://example.org" is not allowed: ${serverName}`],
  [{ server_name: 12 }, `server_name: 12 is not allowed: ${serverName}`],
  [{ server_name: "a\nb" }, `server_name: "a\\u{a}b" is not allowed: ${serverName}`],
  [{ server_nam: "x" }, "server_nam: unknown key: did you mean server_name?"],
  [{ serverName: "x" }, "serverName: unknown key: did you mean server_name?"],
  [
    { keys: { frobnicate: 1 } },
    "keys.frobnicate: unknown key: allowed are verify_signatures, identity_keys, max_one_time_keys",
  ],
  [{ keys: { max_one_time_key: 1 } }, "keys.max_one_time_key: unknown key: did you mean max_one_time_keys?"],
  [
    JSON.parse('{"log":{"__proto__":{"level":"info"}}}') as Record<string, unknown>,
    "log.__proto__: unknown key: allowed are level, format",
  ],
  [
    { public_base_url: "matrix.example.org" },
    'public_base_url: "matrix.example.org" is not allowed: an http or https URL without user, query or fragment',
  ],
  [
    { public_base_url: "https://user:sesame@example.org" },
    'public_base_url: "https://***@example.org" is not allowed: an http or https URL without user, query or fragment',
  ],
  [{ data_dir: "" }, 'data_dir: "" is not allowed: a path'],
  [{ database: { engine: "mysql" } }, 'database.engine: "mysql" is not allowed: sqlite or postgres'],
  [
    { database: { path: "postgres://u:pw@h/d" } },
    'database.path: "postgres://***@h/d" is not allowed: a path or :memory:',
  ],
  [{ database: postgres }, "database.url is missing: a postgres:// or postgresql:// URL"],
  [
    { database: { ...postgres, url: "mysql://u:pw@h/d" } },
    "database.url: (hidden) is not allowed: a postgres:// or postgresql:// URL",
  ],
  [
    { database: { url: "postgres://u:pw@h/d" } },
    "database.url: (hidden) is not allowed: only with database.engine: postgres",
  ],
  [
    { database: { listen_url: "postgres://u:pw@h/d" } },
    "database.listen_url: (hidden) is not allowed: only with database.engine: postgres",
  ],
  [
    { database: { ...postgres, url: "postgres://h/d", pool_size: 0 } },
    "database.pool_size: 0 is not allowed: a whole number from 1 to 1000",
  ],
  [
    { database: "postgres://u:pw@h/d" },
    "database: a text is not allowed here: a section with engine, path, url, pool_size, listen_url, prepared_statements",
  ],
  [{ listeners: [] }, `listeners: an empty list is not allowed here: ${listenersAllowed}`],
  [{ listeners: { port: 80 } }, `listeners: a section is not allowed here: ${listenersAllowed}`],
  [{ listeners: [{ port: 65536 }] }, "listeners[0].port: 65536 is not allowed: a whole number from 0 to 65535"],
  [{ listeners: [{ port: "8008" }] }, 'listeners[0].port: "8008" is not allowed: a whole number from 0 to 65535'],
  [{ listeners: [{}, {}] }, "listeners[1].port: 8008 is not allowed: each port of 127.0.0.1 only once"],
  [
    { listeners: [{ bind: "127.0.0.256" }] },
    'listeners[0].bind: "127.0.0.256" is not allowed: an IP address or a host name',
  ],
  [{ listeners: [{ resources: [] }] }, `listeners[0].resources: an empty list is not allowed here: ${resources}`],
  [{ listeners: [{ resources: "client" }] }, `listeners[0].resources: a text is not allowed here: ${resources}`],
  [
    { listeners: [{ resources: ["client", "admin"] }] },
    'listeners[0].resources[1]: "admin" is not allowed: client, federation, health, metrics or console',
  ],
  [
    { listeners: [{ resources: ["client", "client"] }] },
    'listeners[0].resources[1]: "client" is not allowed: each entry only once',
  ],
  [{ listeners: [{ tls: { certificate: "cert.pem" } }] }, "listeners[0].tls.private_key is missing: a path"],
  [{ registration: { mode: "maybe" } }, 'registration.mode: "maybe" is not allowed: closed, token or open'],
  [{ registration: { token: "open sesame" } }, `registration.token: (hidden) is not allowed: ${token}`],
  [{ registration: { token: 123456 } }, `registration.token: (hidden) is not allowed: ${token}`],
  [{ registration: "sesame" }, "registration: a text is not allowed here: a section with mode, token"],
  [{ accounts: { password_hash: "md5" } }, 'accounts.password_hash: "md5" is not allowed: only argon2id'],
  [{ accounts: { refresh_tokens: "yes" } }, 'accounts.refresh_tokens: "yes" is not allowed: true or false'],
  [{ federation: { trusted_ca: "ca.pem" } }, "federation.trusted_ca: a text is not allowed here: a list of paths"],
  [
    { federation: { resolve_overrides: { "b.test": "b.test" } } },
    `federation.resolve_overrides.b.test: "b.test" is not allowed: ${overrides}`,
  ],
  [
    { federation: { resolve_overrides: { "not a name": "h:1" } } },
    `federation.resolve_overrides: "not a name" is not allowed: ${overrides}`,
  ],
  [{ appservices: [7] }, "appservices[0]: 7 is not allowed: a path"],
  [
    { keys: { max_one_time_keys: "many" } },
    'keys.max_one_time_keys: "many" is not allowed: a whole number from 1 to 5000',
  ],
  [{ keys: { max_one_time_keys: 0.5 } }, "keys.max_one_time_keys: 0.5 is not allowed: a whole number from 1 to 5000"],
  [{ keys: { verify_signatures: true } }, "keys.verify_signatures: true is not allowed: off, report or enforce"],
  [{ keys: { identity_keys: ["fixed"] } }, "keys.identity_keys: a list is not allowed: replaceable or fixed"],
  [{ claims: { budget: -1 } }, "claims.budget: -1 is not allowed: a whole number from 0 to 1000000"],
  [
    { claims: { default_timeout_ms: 60_001 } },
    "claims.default_timeout_ms: 60001 is not allowed: a whole number from 100 to 60000",
  ],
  [{ compatibility: { msc4072: {} } }, "compatibility.msc4072: a section is not allowed: true or false"],
  [
    { limits: { max_body_bytes: 1024 } },
    "limits.max_body_bytes: 1024 is not allowed: a whole number from 65536 to 104857600",
  ],
  [
    { limits: { rates: { login: { per_second: 0 } } } },
    "limits.rates.login.per_second: 0 is not allowed: a number from 0.001 to 100000",
  ],
  [{ limits: { rates: { key: {} } } }, "limits.rates.key: unknown key: did you mean keys?"],
  [{ log: { level: "loud" } }, 'log.level: "loud" is not allowed: fatal, error, warn, info, debug, trace or silent'],
  [
    { log: { level: "x".repeat(200) } },
    `log.level: "${"x".repeat(80)}…" is not allowed: fatal, error, warn, info, debug, trace or silent`,
  ],
];

for (const [raw, line] of refused) {
  test(`refuses ${JSON.stringify(raw)} with one line that names the key, the value and what is allowed`, () => {
    assert.throws(() => parseConfig({ server_name: "localhost", ...raw }, {}), new ConfigError(line));
  });
}

for (const raw of ["text", 3, ["server_name"]]) {
  test(`refuses ${JSON.stringify(raw)} in place of a whole configuration`, () => {
    const line = "the configuration must consist of keys and values, such as `server_name: example.org`";
    assert.throws(() => parseConfig(raw, {}), new ConfigError(line));
  });
}
