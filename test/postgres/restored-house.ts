import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Client } from "../support/client.ts";
import type { Cluster } from "../support/postgres/cluster.ts";
import { column, rawConnection, until } from "./note-databases.ts";

/** Copies the files of a stopped cluster, with their owners. */
export function copyFiles(from: string, to: string): void {
  execFileSync("rm", ["-rf", to]);
  execFileSync("cp", ["-a", from, to]);
}

/** A cold copy of a cluster: the files while it is stopped. */
export async function coldCopy(cluster: Cluster, folder: string): Promise<void> {
  await cluster.stop("fast");
  copyFiles(cluster.dataDir, join(folder, "backup"));
  await cluster.start();
}

/** Puts the cold copy in the place of the cluster's files. */
export async function putBack(cluster: Cluster, folder: string): Promise<void> {
  await cluster.stop("fast");
  copyFiles(join(folder, "backup"), cluster.dataDir);
  await cluster.start();
}

/** Alice and bob, what alice has uploaded and what bob was given of it: across a restore. */
export class KeyHistory {
  #given: string[] = [];
  #uploaded: Record<string, unknown> = {};
  #token = "";

  /** Alice uploads ten keys, and bob is given two of them. */
  async before(alice: Client, bob: Client): Promise<void> {
    this.#uploaded = alice.keys.oneTimeKeys(10);
    const body = { device_keys: alice.keys.deviceKeys(), one_time_keys: this.#uploaded };
    assert.equal((await retried(() => alice.upload(body))).body.one_time_key_counts.signed_curve25519, 10);
    await this.claim(bob, alice, 2);
  }

  /** What a backup does not have: three more keys are given, and messages received. */
  async after(alice: Client, bob: Client): Promise<void> {
    await this.claim(bob, alice, 3);
    for (const id of ["t1", "t2"]) await retried(() => bob.send("m.test", id, { [alice.userId]: { PHONE: { id } } }));
    const synced = (await retried(() => alice.get("/sync"))).body;
    assert.equal(synced.to_device.events.length, 2);
    this.#token = synced.next_batch;
  }

  /** Nothing is given again, nothing that was uploaded is taken again, and syncs go on with old tokens. */
  async verifyRestored(alice: Client, bob: Client): Promise<void> {
    assert.deepEqual(await this.claim(bob, alice, 12), [], "the pools were dropped");
    const again = await retried(() => alice.upload({ one_time_keys: this.#uploaded }));
    assert.deepEqual(again.body.one_time_key_counts, { signed_curve25519: 0 }, "the same keys are known");
    assert.deepEqual(await this.claim(bob, alice, 2), []);
    const fresh = alice.keys.oneTimeKeys(2, "NEW");
    assert.equal((await retried(() => alice.upload({ one_time_keys: fresh }))).status, 200);
    assert.equal((await this.claim(bob, alice, 3)).length, 2);
    const synced = (await retried(() => alice.get(`/sync?since=${this.#token}`))).body;
    assert.notEqual(synced.next_batch, this.#token);
    await retried(() => bob.send("m.test", "t3", { [alice.userId]: { PHONE: { id: "t3" } } }));
    const next = (await retried(() => alice.get(`/sync?since=${synced.next_batch}`))).body;
    assert.deepEqual(
      next.to_device.events.map((event: { content: { id: string } }) => event.content.id),
      ["t3"],
    );
  }

  /** Claims so often; the keys that were given, of which none was given before. */
  async claim(bob: Client, alice: Client, count: number): Promise<string[]> {
    const given: string[] = [];
    for (let claim = 0; claim < count; claim++) {
      const wanted = { one_time_keys: { [alice.userId]: { [alice.deviceId]: "signed_curve25519" } } };
      const { body } = await retried(() => bob.post("/keys/claim", wanted));
      const [key] = Object.values(body.one_time_keys[alice.userId][alice.deviceId]) as { key: string }[];
      if (!key) continue;
      assert.ok(!this.#given.includes(key.key), "C1, E5: no key is given twice");
      this.#given.push(key.key);
      given.push(key.key);
    }
    return given;
  }
}

/** Asks again while the answer is 503. */
export async function retried(request: () => ReturnType<Client["get"]>) {
  for (;;) {
    const answer = await request();
    if (answer.status !== 503) {
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      return answer;
    }
    assert.ok(Number(answer.headers.get("retry-after")) > 0);
  }
}

/** How many epochs of positions have been begun: one by each restore that was answered. */
export async function countEpochs(t: Parameters<typeof rawConnection>[0], url: string): Promise<number> {
  const text = "SELECT (position / 1099511627776)::int FROM stream";
  return Number((await column(await rawConnection(t, url), text))[0]);
}

export async function untilConnectable(t: Parameters<typeof rawConnection>[0], url: string): Promise<void> {
  await until(() =>
    rawConnection(t, url).then(
      () => true,
      () => false,
    ),
  );
}
