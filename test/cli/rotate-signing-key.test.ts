import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { runClaviger, temporaryFolder } from "./run-claviger.ts";

function configIn(folder: string): void {
  writeFileSync(join(folder, "claviger.yaml"), "server_name: localhost\n");
}

function keysInDatabase(folder: string): unknown[] {
  const database = new Database(join(folder, "data/claviger.db"), { readonly: true });
  const rows = database.prepare("SELECT key_id FROM signing_keys ORDER BY made_at").pluck().all();
  database.close();
  return rows;
}

const keyFiles = (folder: string) => readdirSync(join(folder, "data")).filter((name) => name.startsWith("signing.key"));

const versionIn = (folder: string) => readFileSync(join(folder, "data/signing.key"), "utf8").split(" ")[1];

test("rotate-signing-key puts a new key into the database and the file, and says what to do", async (context) => {
  const folder = temporaryFolder(context);
  configIn(folder);
  const keys: unknown[] = [];
  for (let round = 0; round < 2; round++) {
    const { code, stdout, stderr } = await runClaviger(["rotate-signing-key"], { folder });
    assert.deepEqual([code, stderr], [0, ""]);
    const [, keyId, path] =
      /^The new signing key is (\S+), in (\S+)\.\nRestart every process of this server;.*\n$/.exec(stdout) ??
      assert.fail(stdout);
    assert.match(path ?? "", /\/data\/signing\.key$/);
    assert.equal(keyId, `ed25519:${versionIn(folder)}`);
    keys.push(keyId);
    assert.deepEqual(keysInDatabase(folder), keys);
  }
  assert.deepEqual(keyFiles(folder), ["signing.key"]);
});

test("rotate-signing-key that cannot replace the file fails in one line, leaves no key about, and can be done again", async (context) => {
  const folder = temporaryFolder(context);
  configIn(folder);
  const inTheWay = join(folder, "data/signing.key");
  mkdirSync(inTheWay, { recursive: true });
  const failed = await runClaviger(["rotate-signing-key"], { folder });
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /^claviger: [^\n]*signing\.key[^\n]*\n$/);
  assert.deepEqual(keyFiles(folder), ["signing.key"]);
  rmdirSync(inTheWay);
  assert.equal((await runClaviger(["rotate-signing-key"], { folder })).code, 0);
  assert.equal(keysInDatabase(folder).at(-1), `ed25519:${versionIn(folder)}`);
});

test("rotate-signing-key refuses a config that is none before anything is made", async (context) => {
  const folder = temporaryFolder(context);
  writeFileSync(join(folder, "claviger.yaml"), "server_name: a/b\n");
  const { code } = await runClaviger(["rotate-signing-key"], { folder });
  assert.equal(code, 2);
  assert.equal(existsSync(join(folder, "data")), false);
});
