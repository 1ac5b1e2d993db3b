import assert from "node:assert/strict";
import { test } from "node:test";
import { Argon2PasswordHasher } from "../../../src/adapters/system/argon2-password-hasher.ts";
import { systemRandom } from "../../../src/adapters/system/system-random.ts";
import { MatrixError } from "../../../src/protocol/matrix-error.ts";

const cheap = { memory: 8, passes: 1, parallelism: 1 };

test("a password is kept as an argon2id PHC string of the recommended cost", async () => {
  const hasher = new Argon2PasswordHasher(systemRandom);
  const phc = await hasher.hash("correct horse");
  assert.match(phc, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assert.equal(await hasher.verify("correct horse", phc), true);
  assert.equal(await hasher.verify("correct horsf", phc), false);
});

test("two hashes of one password differ", async () => {
  const hasher = new Argon2PasswordHasher(systemRandom, cheap);
  assert.notEqual(await hasher.hash("x"), await hasher.hash("x"));
});

test("a hash of another cost verifies", async () => {
  const hasher = new Argon2PasswordHasher(systemRandom);
  const phc = await new Argon2PasswordHasher(systemRandom, { memory: 64, passes: 3, parallelism: 2 }).hash("pässword");
  assert.equal(await hasher.verify("pässword", phc), true);
});

test("for an unknown user it hashes too, so that the time does not tell", async () => {
  const hasher = new Argon2PasswordHasher(systemRandom, cheap);
  assert.equal(await hasher.verify("x", undefined), false);
  // What does not hash is never turned away.
  const outcomes = await Promise.allSettled(Array.from({ length: 80 }, () => hasher.verify("x", undefined)));
  assert.equal(outcomes.filter(({ status }) => status === "rejected").length, 80 - 67);
});

test("a broken hash is told apart from a wrong password, without showing it", async () => {
  const hasher = new Argon2PasswordHasher(systemRandom, cheap);
  await assert.rejects(hasher.verify("x", "$2b$12$secret"), (error: Error) => !error.message.includes("secret"));
});

test("3 hashings run, 64 wait, more are turned away", async () => {
  const hasher = new Argon2PasswordHasher(systemRandom, cheap);
  const outcomes = await Promise.allSettled(Array.from({ length: 80 }, () => hasher.hash("x")));
  const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  assert.equal(refused.length, 80 - 67);
  for (const error of refused) {
    assert.ok(error instanceof MatrixError);
    assert.deepEqual([error.errcode, error.fields], ["M_LIMIT_EXCEEDED", { retry_after_ms: 1000 }]);
  }
  await hasher.hash("the queue is free again");
});
