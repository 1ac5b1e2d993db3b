import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { parseConfig } from "../../src/config/parse-config.ts";
import { runClaviger, temporaryFolder } from "./run-claviger.ts";

test("generate-config prints a config that can be used as it is, and writes nothing", async (context) => {
  const folder = temporaryFolder(context);
  const args = ["generate-config", "--server-name", "example.org", "--data-dir", "/srv/claviger"];
  const { code, stdout, stderr } = await runClaviger(args, { folder });
  assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
  const config = parseConfig(parse(stdout), {});
  assert.equal(config.serverName, "example.org");
  assert.equal(config.dataDir, "/srv/claviger");
  assert.deepEqual(config.database, { engine: "sqlite", path: "/srv/claviger/claviger.db" });
  assert.deepEqual(readdirSync(folder), []);
});

test("generate-config makes another registration token each time", async (context) => {
  const folder = temporaryFolder(context);
  const texts = await Promise.all([1, 2].map(async () => (await runClaviger(["generate-config"], { folder })).stdout));
  const tokens = texts.map((text) => parseConfig(parse(text), {}).registration.token);
  assert.notEqual(tokens[0], undefined);
  assert.notEqual(tokens[0], tokens[1]);
});

test("generate-config refuses a server name that is none", async (context) => {
  const args = ["generate-config", "--server-name", "not a name"];
  const { code, stdout, stderr } = await runClaviger(args, { folder: temporaryFolder(context) });
  assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
  assert.match(stderr, /^claviger: server_name: "not a name" is not allowed: .+\n$/);
});

test("generate-registration prints a registration with two random tokens and an exclusive namespace", async (context) => {
  const regex = String.raw`@irc_.*:example\.org`;
  const args = ["--id", "irc", "--url", "http://127.0.0.1:9000", "--sender-localpart", "ircbot", "--user-regex", regex];
  const { code, stdout } = await runClaviger(["generate-registration", ...args], { folder: temporaryFolder(context) });
  assert.equal(code, 0);
  const { as_token: asToken, hs_token: hsToken, ...rest } = parse(stdout) as Record<"as_token" | "hs_token", string>;
  assert.match(asToken, /^\S{20,}$/);
  assert.match(hsToken, /^\S{20,}$/);
  assert.notEqual(asToken, hsToken);
  assert.deepEqual(rest, {
    id: "irc",
    url: "http://127.0.0.1:9000",
    sender_localpart: "ircbot",
    rate_limited: false,
    namespaces: { users: [{ exclusive: true, regex }], aliases: [], rooms: [] },
  });
});
