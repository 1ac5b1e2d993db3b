import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runClaviger, temporaryFolder } from "./run-claviger.ts";

function folderWith(context: TestContext, registrations: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder(context);
  for (const [name, text] of Object.entries(registrations)) writeFileSync(join(folder, name), text);
  const config = { server_name: "example.org", appservices: Object.keys(registrations) };
  writeFileSync(join(folder, "claviger.yaml"), JSON.stringify(config));
  return folder;
}

function irc(id: string, regex: string): string {
  const tokens = `as_token: sesame_${id}_as, hs_token: sesame_${id}_hs`;
  const namespaces = `{ users: [{ exclusive: true, regex: "${regex}" }] }`;
  return `{ id: ${id}, url: null, ${tokens}, sender_localpart: ${id}, namespaces: ${namespaces} }`;
}

const slow = { "irc.yaml": irc("irc", "@(a+)+:") };
const overlapping = { "irc.yaml": irc("irc", "@irc_.*"), "ircd.yaml": irc("ircd", "@irc_d.*") };

test("serve with a bad registration exits with 2 and one line, no stack, and no database is made", async (context) => {
  const folder = folderWith(context, slow);
  const { code, stderr } = await runClaviger(["serve"], { folder });
  assert.equal(code, 2);
  assert.match(stderr, /^claviger: \S+\/irc\.yaml: namespaces\.users\[0\]\.regex: "@\(a\+\)\+:" is not allowed: .+\n$/);
  assert.ok(!existsSync(join(folder, "data")));
});

test("serve with registrations that clash names both files and an example", async (context) => {
  const { code, stderr } = await runClaviger(["serve"], { folder: folderWith(context, overlapping) });
  assert.equal(code, 2);
  const [line = "", ...others] = stderr.trimEnd().split("\n");
  assert.deepEqual(others, []);
  assert.match(line, /^claviger: \S+\/ircd\.yaml: namespaces\.users\[0\]\.regex: "@irc_d\.\*" is not allowed: /);
  assert.match(line, / namespaces\.users\[0\] of \S+\/irc\.yaml, both exclusive \(for example @irc_d:example\.org\)$/);
});

test("a path that leads nowhere is one line", async (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, "claviger.yaml"), "server_name: localhost\nappservices: [irc.yaml]\n");
  const { code, stderr } = await runClaviger(["serve"], { folder });
  assert.equal(code, 2);
  assert.match(stderr, /^claviger: \S+\/irc\.yaml cannot be read: there is no such file .+\n$/);
});

for (const registrations of [slow, overlapping]) {
  test(`doctor tells of ${Object.keys(registrations).join(" and ")} in a line, and exits with 1`, async (context) => {
    const { code, stdout, stderr } = await runClaviger(["doctor"], { folder: folderWith(context, registrations) });
    assert.deepEqual({ code, stderr }, { code: 1, stderr: "" });
    assert.match(stdout, /^ok {3}config: claviger\.yaml$/m);
    assert.match(stdout, /^FAIL [^:]+: \S+\/ircd?\.yaml: namespaces\.users\[0\]\.regex: "@.+" is not allowed: .+$/m);
  });
}
