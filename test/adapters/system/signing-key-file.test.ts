import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  loadSigningKey,
  makeNextSigningKey,
  makeSigningKey,
  SigningKeyFileError,
} from "../../../src/adapters/system/signing-key-file.ts";
import { systemRandom } from "../../../src/adapters/system/system-random.ts";
import { verifySignatureText } from "../../../src/protocol/signed-json.ts";

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "claviger-key-"));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

test("the first start makes a key that later starts load", async (t) => {
  const dataDir = join(await folder(t), "data");
  const made = await loadSigningKey(dataDir, systemRandom);
  const loaded = await loadSigningKey(dataDir, systemRandom);
  assert.match(made.keyId, /^ed25519:a_[a-z]{4}$/);
  assert.deepEqual([loaded.keyId, loaded.publicKey], [made.keyId, made.publicKey]);
  const bytes = Buffer.from("signed");
  assert.ok(verifySignatureText(bytes, made.sign(bytes), loaded.publicKey));
  assert.deepEqual(await readdir(dataDir), ["signing.key"]);
  assert.equal((await stat(join(dataDir, "signing.key"))).mode & 0o777, 0o600);
  assert.match(await readFile(join(dataDir, "signing.key"), "utf8"), /^ed25519 a_[a-z]{4} [A-Za-z0-9+/]{43}\n$/);
});

test("of several first starts at once all have the same key", async (t) => {
  const dataDir = await folder(t);
  const keys = await Promise.all(Array.from({ length: 16 }, () => loadSigningKey(dataDir, systemRandom)));
  assert.equal(new Set(keys.map(({ publicKey }) => publicKey)).size, 1);
  assert.deepEqual(await readdir(dataDir), ["signing.key"]);
});

test("another server's key is understood", async (t) => {
  const dataDir = await folder(t);
  // https://spec.matrix.org/v1.19/appendices/#cryptographic-test-vectors
  await writeFile(join(dataDir, "signing.key"), "ed25519 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1\n");
  const key = await loadSigningKey(dataDir, systemRandom);
  assert.deepEqual([key.keyId, key.publicKey], ["ed25519:1", "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI"]);
  assert.equal(
    key.sign(Buffer.from("{}")),
    "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ",
  );
});

test("a broken file is told in one line, without its content, and left alone", async (t) => {
  const dataDir = await folder(t);
  const path = join(dataDir, "signing.key");
  await writeFile(path, "ed25519 secret-seed\n");
  await assert.rejects(loadSigningKey(dataDir, systemRandom), (error: Error) => {
    assert.ok(error instanceof SigningKeyFileError);
    assert.ok(error.message.startsWith(path) && !/secret|\n/.test(error.message));
    return true;
  });
  assert.equal(await readFile(path, "utf8"), "ed25519 secret-seed\n");
});

test("a folder that cannot be made is told in one line", async (t) => {
  const file = join(await folder(t), "file");
  await writeFile(file, "");
  await assert.rejects(loadSigningKey(join(file, "data"), systemRandom), SigningKeyFileError);
});

test("a server that keeps nothing has a key that no file holds", () => {
  const key = makeSigningKey(systemRandom);
  const bytes = Buffer.from("signed");
  assert.match(key.keyId, /^ed25519:a_[a-z]{4}$/);
  assert.ok(verifySignatureText(bytes, key.sign(bytes), key.publicKey));
  assert.notEqual(makeSigningKey(systemRandom).publicKey, key.publicKey);
});

test("a new key takes the place of the old one, of which nothing is left", async (t) => {
  const dataDir = join(await folder(t), "data");
  const old = await loadSigningKey(dataDir, systemRandom);
  const next = await makeNextSigningKey(dataDir, systemRandom);
  assert.equal((await loadSigningKey(dataDir, systemRandom)).publicKey, old.publicKey);
  await next.takeOver();
  assert.equal((await loadSigningKey(dataDir, systemRandom)).publicKey, next.key.publicKey);
  assert.equal(next.path, join(dataDir, "signing.key"));
  assert.deepEqual(await readdir(dataDir), ["signing.key"]);
  assert.equal((await stat(next.path)).mode & 0o777, 0o600);
});

test("a new key also takes the place of a file that is broken or not there", async (t) => {
  const dataDir = await folder(t);
  await (await makeNextSigningKey(dataDir, systemRandom)).takeOver();
  await writeFile(join(dataDir, "signing.key"), "broken\n");
  const next = await makeNextSigningKey(dataDir, systemRandom);
  await next.takeOver();
  assert.equal((await loadSigningKey(dataDir, systemRandom)).publicKey, next.key.publicKey);
});

test("a new key that is not to be leaves the old one where it is", async (t) => {
  const dataDir = await folder(t);
  const old = await loadSigningKey(dataDir, systemRandom);
  await (await makeNextSigningKey(dataDir, systemRandom)).discard();
  assert.equal((await loadSigningKey(dataDir, systemRandom)).publicKey, old.publicKey);
  assert.deepEqual(await readdir(dataDir), ["signing.key"]);
});
