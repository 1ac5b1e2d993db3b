import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { firstConfig } from "../../src/config/first-config.ts";
import { parseConfig } from "../../src/config/parse-config.ts";

const text = firstConfig({ registrationToken: "sesame" });
const uncommented = text.replaceAll(/^( *)#(?=[a-z])/gm, "$1");
const sections = [
  ["server_name", "public_base_url", "data_dir", "database", "listeners", "registration", "accounts", "federation"],
  ["appservices", "rooms", "keys", "claims", "compatibility", "limits", "log"],
].flat();

test("only what a new server needs is active in the first config", () => {
  assert.deepEqual(withoutEmpty(parse(text)), {
    server_name: "localhost",
    database: { engine: "sqlite", path: "./data/claviger.db" },
    listeners: [{ port: 8008, bind: "127.0.0.1", resources: ["client", "federation", "health"] }],
    registration: { mode: "token", token: "sesame" },
  });
});

test("the first config means the defaults, and so does the one with everything uncommented", () => {
  const defaults = parseConfig({ server_name: "localhost", registration: { token: "sesame" } }, {});
  assert.deepStrictEqual(parseConfig(parse(text), {}), defaults);
  assert.deepStrictEqual(parseConfig(parse(uncommented), {}), defaults);
});

test("every section stands in the first config, and every key once it is uncommented", () => {
  const raw = parse(uncommented) as { database: object; limits: { rates: object } };
  assert.deepEqual(Object.keys(raw), sections);
  const databaseKeys = ["engine", "path", "url", "pool_size", "listen_url", "prepared_statements"];
  assert.deepEqual(Object.keys(raw.database), databaseKeys);
  const routeGroups = ["login", "register", "keys", "claims", "messages", "sync", "federation", "other"];
  assert.deepEqual(Object.keys(raw.limits.rates), routeGroups);
});

test("a server name and a data folder are taken over, whatever characters they have", () => {
  const options = { serverName: "example.org:8448", dataDir: "/srv/my data: #1/", registrationToken: "0123" };
  const config = parseConfig(parse(firstConfig(options)), {});
  assert.equal(config.serverName, "example.org:8448");
  assert.equal(config.dataDir, "/srv/my data: #1");
  assert.deepEqual(config.database, { engine: "sqlite", path: "/srv/my data: #1/claviger.db" });
  assert.equal(config.registration.token, "0123");
});

function withoutEmpty(raw: unknown): object {
  return Object.fromEntries(
    Object.entries(raw as object).filter(([, value]) => value !== null && JSON.stringify(value) !== '{"rates":null}'),
  );
}
