import assert from "node:assert/strict";
import { test } from "node:test";
import { addKeys, algorithm, deviceOf, keyNamed, openKeys, take } from "./key-databases.ts";
import { column, emptyDatabase, rawConnection, untilWaiting } from "./note-databases.ts";

const alice = deviceOf("alice");
const wanted = [{ target: alice, algorithm }];
const ofAlice = { exclusive: [alice.userId] };

test("K7: the same fallback key uploaded again while a claim marks it used stays used", async (t) => {
  const url = await emptyDatabase(t);
  const keys = await openKeys(t, url);
  const put = () => keys.unitOfWork.run(ofAlice, ({ fallbackKeys }) => fallbackKeys.put(alice, keyNamed("F")));
  await put();
  // A claim of another process, which is just about to commit.
  const claim = await rawConnection(t, url);
  await claim.query("BEGIN; UPDATE fallback_keys SET used = 1");
  const again = put();
  await untilWaiting(claim, 1);
  await claim.query("COMMIT");
  await again;
  const unused = await keys.snapshots.read(({ fallbackKeys }) => fallbackKeys.listUnusedAlgorithms(alice));
  assert.deepEqual(unused, []);
});

test("C3: a new fallback key that is uploaded while the old one is being used is not marked used, or is what was given", async (t) => {
  const url = await emptyDatabase(t);
  const keys = await openKeys(t, url);
  await keys.unitOfWork.run(ofAlice, ({ fallbackKeys }) => fallbackKeys.put(alice, keyNamed("old")));
  const upload = await rawConnection(t, url);
  await upload.query("BEGIN");
  await upload.query("UPDATE fallback_keys SET key_id = $1, json = $2, used = 0", [
    `${algorithm}:new`,
    '{"key":"new"}',
  ]);
  const using = keys.unitOfWork.run({}, ({ fallbackKeys }) => fallbackKeys.useAll(wanted));
  await untilWaiting(upload, 1);
  await upload.query("COMMIT");
  const [given] = await using;
  const unused = await keys.snapshots.read(({ fallbackKeys }) => fallbackKeys.listUnusedAlgorithms(alice));
  assert.ok(given);
  assert.deepEqual(unused, given.keyId === `${algorithm}:new` ? [] : [algorithm]);
});

test("C3: a fallback key that is removed while a claim wants it is not given", async (t) => {
  const url = await emptyDatabase(t);
  const keys = await openKeys(t, url);
  await keys.unitOfWork.run(ofAlice, ({ fallbackKeys }) => fallbackKeys.put(alice, keyNamed("old")));
  const logout = await rawConnection(t, url);
  await logout.query("BEGIN; DELETE FROM fallback_keys");
  const using = keys.unitOfWork.run({}, ({ fallbackKeys }) => fallbackKeys.useAll(wanted));
  await untilWaiting(logout, 1);
  await logout.query("COMMIT");
  assert.deepEqual(await using, [undefined]);
});

test("C1: a key that an open transaction is taking is passed over, and nobody waits for it", async (t) => {
  const url = await emptyDatabase(t);
  const keys = await openKeys(t, url);
  await addKeys(keys, alice, [keyNamed("A")], [keyNamed("B")], [keyNamed("C")]);
  const other = await rawConnection(t, url);
  await other.query(
    "BEGIN; DELETE FROM one_time_keys WHERE upload_order = (SELECT min(upload_order) FROM one_time_keys)",
  );
  assert.deepEqual(await take(keys, [alice, alice, alice]), [`${algorithm}:B`, `${algorithm}:C`, undefined]);
  await other.query("ROLLBACK");
  assert.deepEqual(await take(keys, [alice]), [`${algorithm}:A`]);
});

test("K5, K9: a pool that is dropped while a claim takes one of its keys leaves that key remembered", async (t) => {
  const url = await emptyDatabase(t);
  const keys = await openKeys(t, url);
  await addKeys(keys, alice, [keyNamed("A")], [keyNamed("B")]);
  // A claim of another process has taken A, and is just about to commit.
  const claim = await rawConnection(t, url);
  await claim.query(
    "BEGIN; DELETE FROM one_time_keys WHERE upload_order = (SELECT min(upload_order) FROM one_time_keys)",
  );
  const dropping = keys.unitOfWork.run(ofAlice, ({ oneTimeKeys }) => oneTimeKeys.removePool(alice));
  await Promise.race([untilWaiting(claim, 1), dropping]);
  await claim.query("COMMIT");
  await dropping;
  const known = await keys.unitOfWork.run(ofAlice, ({ oneTimeKeys }) =>
    oneTimeKeys.listKnownDigests(alice, [keyNamed("A"), keyNamed("B")]),
  );
  assert.ok(known.has(keyNamed("A").digest.toString("hex")), "A was issued");
  assert.deepEqual(await column(claim, "SELECT key_id FROM one_time_keys"), []);
});

test("E5: retiring all pools beside claims of another process gives no key that is dropped", async (t) => {
  const url = await emptyDatabase(t);
  const [one, other] = [await openKeys(t, url), await openKeys(t, url)];
  for (let round = 0; round < 5; round++) {
    const uploaded = Array.from({ length: 40 }, (_, index) => keyNamed(`${round} ${index}`));
    await addKeys(one, alice, uploaded);
    const claims = Array.from({ length: 20 }, () => take(other, [alice]));
    const [dropped, ...given] = await Promise.all([
      one.unitOfWork.run("everything", ({ oneTimeKeys }) => oneTimeKeys.retireAllPools()),
      ...claims,
    ]);
    const ids = given.flat().filter((id) => id !== undefined);
    assert.equal(dropped + new Set(ids).size, 40);
    assert.equal(new Set(ids).size, ids.length);
  }
});
