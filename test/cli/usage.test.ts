import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runClaviger } from "./run-claviger.ts";

const folder = import.meta.dirname;

test("--version prints the version of the package", async () => {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { version: string };
  assert.deepEqual(await runClaviger(["--version"], { folder }), { code: 0, stdout: `${version}\n`, stderr: "" });
});

test("--help lists the commands", async () => {
  const { code, stdout } = await runClaviger(["--help"], { folder });
  assert.equal(code, 0);
  for (const command of [
    "serve",
    "start",
    "migrate",
    "register",
    "generate-config",
    "generate-registration",
    "doctor",
  ]) {
    assert.match(stdout, new RegExp(`^ +${command} `, "m"));
  }
});

const misused: readonly (readonly [args: string[], line: RegExp])[] = [
  [["serv"], /^claviger: unknown command 'serv'/],
  [["serve", "--colour"], /^claviger: unknown option '--colour'/],
  [["register"], /^claviger: required option '-u, --user <name>' not specified/],
  [
    ["generate-registration", "--id", "x", "--url", "ftp://x", "--sender-localpart", "x", "--user-regex", "x"],
    /^claviger: option '--url <url>' argument 'ftp:\/\/x' is invalid. It must be an http or https URL./,
  ],
  [
    ["generate-registration", "--id", "x", "--url", "http://x", "--sender-localpart", "x", "--user-regex", "("],
    /^claviger: option '--user-regex <regex>' argument '\(' is invalid. It must be a regular expression./,
  ],
];

for (const [args, line] of misused) {
  test(`claviger ${args.join(" ")} is told on stderr what is wrong, and exits with 1`, async () => {
    const { code, stdout, stderr } = await runClaviger(args, { folder });
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, line);
  });
}
