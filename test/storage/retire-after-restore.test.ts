import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openDatabase } from "../../src/adapters/sql/open-database.ts";
import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import { retireAfterRestore } from "../../src/domain/one-time-keys/retire-after-restore.ts";
import type { DeviceId } from "../../src/protocol/identifiers/device-id.ts";
import type { UserId } from "../../src/protocol/identifiers/user-id.ts";
import type { OneTimeKey } from "../../src/protocol/keys/one-time-key.ts";
import { notesIn, temporaryFolder } from "./open-notes.ts";

const owner: DeviceOwner = { userId: "@alice:example.org" as UserId, deviceId: "PHONE" as DeviceId };
const algorithm = "signed_curve25519";

function key(id: string): OneTimeKey {
  return {
    keyId: `${algorithm}:${id}`,
    algorithm,
    json: `{"key":"${id}"}`,
    digest: Buffer.alloc(16, id),
  } as OneTimeKey;
}

function open(folder: string) {
  const random = { bytes: (count: number) => Buffer.alloc(count) };
  const { path, ...use } = notesIn(folder);
  const unused = { wakeAll: () => undefined, onRestore: async () => undefined };
  return openDatabase({ engine: "sqlite", path }, { ...use, ...unused, random });
}

test("E5: after a restore no key is issued again, and positions rise above every old one", async (t) => {
  const folder = temporaryFolder(t);
  const first = await open(folder);
  await first.unitOfWork.run("everything", async ({ oneTimeKeys, fallbackKeys }) => {
    await oneTimeKeys.add(owner, [key("A"), key("B")]);
    await fallbackKeys.put(owner, key("F"));
  });
  await first.close();
  copyFileSync(join(folder, "claviger.db"), join(folder, "backup"));
  const second = await open(folder);
  const [issued] = await second.unitOfWork.run("everything", ({ oneTimeKeys }) =>
    oneTimeKeys.takeAll([{ target: owner, algorithm }]),
  );
  assert.equal(issued?.keyId, key("A").keyId);
  await second.close();
  copyFileSync(join(folder, "backup"), join(folder, "claviger.db"));

  const restored = await open(folder);
  assert.ok(restored.restoreSuspected);
  assert.deepEqual(await retireAfterRestore(restored), { droppedOneTimeKeys: 2, position: 2 ** 40 });
  await restored.unitOfWork.run("everything", async ({ oneTimeKeys, fallbackKeys }) => {
    assert.equal((await oneTimeKeys.takeAll([{ target: owner, algorithm }]))[0], undefined);
    assert.equal((await oneTimeKeys.listKnownDigests(owner, [key("A"), key("B")])).size, 2);
    assert.deepEqual(await fallbackKeys.listUnusedAlgorithms(owner), []);
  });
  // A crash before the restore is accepted repeats it; twice does no harm.
  await restored.close();
  const repeated = await open(folder);
  assert.ok(repeated.restoreSuspected);
  assert.deepEqual(await retireAfterRestore(repeated), { droppedOneTimeKeys: 0, position: 2 ** 41 });
  await repeated.acceptRestore();
  await repeated.close();
  const calm = await open(folder);
  assert.equal(calm.restoreSuspected, undefined);
  assert.equal(await calm.snapshots.read(({ stream }) => stream.findPosition()), 2 ** 41);
  await calm.close();
});
