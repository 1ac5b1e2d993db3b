import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parse } from "yaml";
import { parseConfig } from "../../src/config/parse-config.ts";
import { loadRegistrations } from "../../src/config/registrations/load-registrations.ts";
import { parseServerName, type ServerName } from "../../src/protocol/identifiers/server-name.ts";
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

const given = ["--id", "irc", "--sender-localpart", "ircbot", "--user-regex", String.raw`@irc_.*:example\.org`];

function generate(context: TestContext, ...more: string[]) {
  return runClaviger(["generate-registration", ...given, ...more], { folder: temporaryFolder(context) });
}

async function loadText(context: TestContext, text: string) {
  const path = join(temporaryFolder(context), "irc.yaml");
  writeFileSync(path, text);
  return (await loadRegistrations([path], parseServerName("example.org") as ServerName))[0];
}

test("generate-registration prints a registration with two random tokens and an exclusive namespace", async (context) => {
  const { code, stdout } = await generate(context, "--url", "http://127.0.0.1:9000");
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
    namespaces: { users: [{ exclusive: true, regex: "@irc_.*:example\\.org" }], aliases: [], rooms: [] },
  });
});

const encrypting = { encrypts: true, receivesEphemeral: true, managesDevices: true };

test("the server reads it as it is; what makes a bridge encrypt stands there as comments", async (context) => {
  const { stdout } = await generate(context, "--url", "http://127.0.0.1:9000/");
  const read = await loadText(context, stdout);
  assert.equal(read?.url, "http://127.0.0.1:9000");
  assert.deepEqual(read?.namespaces.users, [{ exclusive: true, regex: "@irc_.*:example\\.org" }]);
  assert.partialDeepStrictEqual(read, { encrypts: false, receivesEphemeral: false, managesDevices: false });
  const uncommented = stdout.replaceAll(/^#(?! )/gm, "");
  const declining = { answersClaims: false, answersQueries: false };
  assert.partialDeepStrictEqual(await loadText(context, uncommented), { ...encrypting, ...declining });
});

test("with --encryption it is for a bridge that encrypts", async (context) => {
  const { stdout } = await generate(context, "--url", "http://127.0.0.1:9000", "--encryption");
  const answering = { answersClaims: true, answersQueries: true };
  assert.partialDeepStrictEqual(await loadText(context, stdout), { ...encrypting, ...answering });
  assert.deepEqual((parse(stdout) as Record<string, unknown>)["de.sorunome.msc2409.push_ephemeral"], true);
});

test("with --url none it wants no traffic", async (context) => {
  const { stdout } = await generate(context, "--url", "none");
  assert.match(stdout, /^url: null$/m);
  assert.equal((await loadText(context, stdout))?.url, undefined);
});

for (const [args, line] of [
  [["--user-regex", "@(a+)+"], /^claviger: namespaces\.users\[0\]\.regex: "@\(a\+\)\+" is not allowed: .+\n$/],
  [
    ["--sender-localpart", "@bot:example.org"],
    /^claviger: sender_localpart: "@bot:example\.org" is not allowed: .+\n$/,
  ],
  [["--url", "http://u:sesame@bridge"], /^claviger: url: "http:\/\/\*\*\*@bridge" is not allowed: .+\n$/],
] as const) {
  test(`generate-registration refuses ${args.join(" ")}, which the server would refuse`, async (context) => {
    const { code, stdout, stderr } = await generate(context, "--url", "http://127.0.0.1:9000", ...args);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
    assert.match(stderr, line);
  });
}
