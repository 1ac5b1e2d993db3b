import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { after, test } from "node:test";
import { ConfigError } from "../../src/config/config-error.ts";
import { loadConfigFile } from "../../src/config/load-config-file.ts";

const folder = mkdtempSync(join(tmpdir(), "claviger-config-"));
const file = join(folder, "claviger.yaml");
after(() => rmSync(folder, { recursive: true }));

function load(text: string) {
  writeFileSync(file, text);
  return loadConfigFile(file);
}

test("relative paths of a file start at the file's folder, wherever the process is", () => {
  writeFileSync(file, "server_name: localhost\ndatabase: { path: db/claviger.db }");
  const config = loadConfigFile(relative(process.cwd(), file));
  assert.equal(config.dataDir, join(folder, "data"));
  assert.deepEqual(config.database, { engine: "sqlite", path: join(folder, "db/claviger.db") });
});

test("off and on are words, not truth values", () => {
  const config = load("server_name: localhost\nkeys: { verify_signatures: off }\n");
  assert.equal(config.keys.verifySignatures, "off");
});

test("the environment of the process is put over the file", (context) => {
  const variable = "CLAVIGER_LOG__LEVEL";
  process.env[variable] = "warn";
  context.after(() => delete process.env[variable]);
  assert.equal(load("server_name: localhost\nlog: { level: debug }\n").log.level, "warn");
});

test("an empty file lacks the server name", () => {
  assert.throws(() => load("# nothing\n"), /^ConfigError: server_name is missing: /);
});

const refused: readonly (readonly [text: string, what: string])[] = [
  ["server_name: localhost\nkeys:\n\tmax: 1\n", "line 3: tabs cannot indent, only spaces"],
  ["server_name: a\nserver_name: b\n", "line 2: this key stands twice"],
  [
    "registration:\n  token: *sesame\n",
    "line 2: an alias without anchor (a text that begins with * must be in quotes)",
  ],
  ["registration:\n  token: !sesame\n", "line 2: an unknown tag (a text that begins with ! must be in quotes)"],
  ["registration:\n  token: @sesame\n", "line 2: this text must be in quotes"],
  [
    "registration: token: sesame\n",
    "line 1: more than one `key:` in a line (a text with a colon in it must be in quotes)",
  ],
  ["server_name: localhost\n---\nlog: {}\n", "line 2: a second document begins; there can be only one"],
  ["server_name: localhost\n}sesame\n", "line 2: this is not valid YAML"],
];

for (const [text, what] of refused) {
  test(`tells of ${JSON.stringify(text)} the line and what is wrong, and shows nothing of it`, () => {
    assert.throws(() => load(text), new ConfigError(`${file}: ${what}`));
  });
}

test("a file that cannot be read is one line", () => {
  assert.throws(
    () => loadConfigFile("/nowhere/claviger.yaml"),
    new ConfigError(
      "/nowhere/claviger.yaml cannot be read: there is no such file (`claviger generate-config` prints one)",
    ),
  );
  assert.throws(() => loadConfigFile(folder), new ConfigError(`${folder} cannot be read: it is a folder`));
});

test("aliases that multiply are refused", () => {
  const levels = Array.from({ length: 9 }, (_, n) => `l${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]`);
  assert.throws(() => load(`l0: &a0 [x]\n${levels.join("\n")}\n`), new ConfigError(`${file}: too many aliases`));
});
