import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { parseConfig } from "../../src/config/parse-config.ts";

const defaults = {
  serverName: "example.org",
  publicBaseUrl: undefined,
  dataDir: resolve("data"),
  database: { engine: "sqlite", path: resolve("data/claviger.db") },
  listeners: [{ port: 8008, bind: "127.0.0.1", resources: ["client", "federation", "health"], tls: undefined }],
  registration: { mode: "token", token: undefined },
  accounts: { passwordHash: "argon2id", refreshTokens: true },
  federation: {
    enabled: true,
    trustedCa: [],
    allowPrivateAddresses: false,
    resolveOverrides: Object.create(null),
    notaries: [],
  },
  appservices: [],
  rooms: { defaultVersion: "11" },
  keys: { verifySignatures: "report", identityKeys: "replaceable", maxOneTimeKeys: 500 },
  claims: { budget: 0, serverBudget: 0, deviceBudget: 0, refillMinutes: 10, defaultTimeoutMs: 10_000 },
  compatibility: {
    msc4072: true,
    msc4420Errcode: "unstable",
    msc2732DraftNames: true,
    msc3983: true,
    msc3984: true,
  },
  limits: {
    enabled: true,
    maxBodyBytes: 1_048_576,
    rates: {
      login: { perSecond: 0.5, burst: 10 },
      register: { perSecond: 0.2, burst: 10 },
      keys: { perSecond: 20, burst: 100 },
      claims: { perSecond: 20, burst: 100 },
      messages: { perSecond: 50, burst: 200 },
      sync: { perSecond: 20, burst: 50 },
      federation: { perSecond: 100, burst: 500 },
      other: { perSecond: 20, burst: 100 },
    },
  },
  log: { level: "info", format: "json" },
};

test("a configuration of only a server name gets the default of everything else", () => {
  assert.deepStrictEqual(parseConfig({ server_name: "example.org" }, {}), defaults);
});

test("a section, a list or a table without anything in it means its defaults", () => {
  const raw = { server_name: "example.org", keys: null, listeners: null, appservices: null, limits: { rates: null } };
  const empty = { federation: { resolve_overrides: null, trusted_ca: null }, database: null };
  assert.deepStrictEqual(parseConfig({ ...raw, ...empty }, {}), defaults);
});

test("one given member of a section leaves the others at their defaults", () => {
  const raw = { server_name: "example.org", limits: { rates: { login: { burst: 3 } } }, listeners: [{ port: 80 }] };
  const config = parseConfig(raw, {});
  assert.deepStrictEqual(config.limits.rates.login, { perSecond: 0.5, burst: 3 });
  assert.deepStrictEqual(config.listeners, [{ ...defaults.listeners[0], port: 80 }]);
});

test("the database lies in data_dir unless its path is given", () => {
  const config = parseConfig({ server_name: "example.org", data_dir: "/srv/keys" }, {});
  assert.deepStrictEqual(config.database, { engine: "sqlite", path: "/srv/keys/claviger.db" });
});
