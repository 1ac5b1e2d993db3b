import assert from "node:assert/strict";
import { test } from "node:test";
import type { Account } from "../../examples/matrix-client.ts";
import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import { digestOfPublicKey, parseOneTimeKeys } from "../../src/protocol/keys/one-time-key.ts";
import { seed, seedNote, times } from "../races/effort.ts";
import { isUnanswered, KillableServer, readCopy } from "../races/killable-server.ts";
import { phones, type SeededFolder } from "../races/seeded-server.ts";
import type { Client } from "../support/client.ts";
import { KeyedDevice } from "../support/signed-keys.ts";
import { seededNumbers } from "./seeded-numbers.ts";

const rounds = 12 * times;
const algorithm = "signed_curve25519";
const owners = ["alice PHONE", "alice LAPTOP", "bob PHONE"];
const claimers = phones("claimer", 64);
/** A device uploads while its pool has less. */
const enough = 200;

type Keys = ReturnType<KeyedDevice["oneTimeKeys"]>;

interface Upload {
  readonly deviceKeys: object;
  readonly keys: Keys;
  isAnswered: boolean;
}

/** What one device and those who claim its keys know. */
class Owner {
  readonly uploads: Upload[] = [];
  readonly given = new Set<string>();
  readonly #device: KeyedDevice;
  readonly #deviceKeys: object;

  constructor(account: { userId: string; deviceId: string }) {
    this.#device = new KeyedDevice(account);
    this.#deviceKeys = this.#device.deviceKeys();
  }

  newUpload(): Upload {
    const keys = this.#device.oneTimeKeys(10, `U${this.uploads.length}x`);
    const upload = { deviceKeys: this.#deviceKeys, keys, isAnswered: false };
    this.uploads.push(upload);
    return upload;
  }

  give(key: string): void {
    assert.ok(!this.given.has(key), `C1: ${key} was given twice`);
    this.given.add(key);
  }
}

/** Sends `upload` and gives the pool's count; it is answered when this resolves. */
async function send(client: Client, upload: Upload): Promise<number> {
  const { status, body } = await client.upload({ device_keys: upload.deviceKeys, one_time_keys: upload.keys });
  assert.equal(status, 200, JSON.stringify(body));
  upload.isAnswered = true;
  return body.one_time_key_counts[algorithm];
}

/** First again what was not answered, as clients do; then on and on. */
async function uploadUntilKilled(client: Client, owner: Owner): Promise<void> {
  for (const upload of owner.uploads) if (!upload.isAnswered) await send(client, upload);
  let count = 0;
  for (let turn = 0; ; turn++) {
    // Every other time an old upload again: it must change nothing.
    const old = owner.uploads[(turn * 7) % Math.max(owner.uploads.length, 1)];
    if (turn % 2 === 1 && old) count = await send(client, old);
    else if (count < enough) count = await send(client, owner.newUpload());
    else count = (await client.upload({})).body.one_time_key_counts[algorithm];
  }
}

/** Whoever is in the middle of a request when the server dies is let go. */
async function letGo(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isUnanswered(error)) throw error;
  });
}

/**
 * What a killed server has left must hold what it had answered, and of what it had not, all or nothing.
 * @returns how many keys are left in each pool
 */
function assertLeft(files: SeededFolder, targets: readonly Account[], known: readonly Owner[]): Promise<number[]> {
  return readCopy(files, (snapshots) =>
    snapshots.read(async ({ oneTimeKeys }) => {
      const left: number[] = [];
      for (const [index, { uploads, given }] of known.entries()) {
        const owner = targets[index] as unknown as DeviceOwner;
        const sent = uploads.flatMap(({ keys }) => parseOneTimeKeys("", keys));
        const remembered = await oneTimeKeys.listKnownDigests(owner, sent);
        const isStored = (key: string) => remembered.has(digestOfPublicKey(algorithm, key).toString("hex"));
        const ids = sent.map(({ keyId }) => keyId);
        const pool = new Set((await oneTimeKeys.listPoolKeys(owner, ids)).map(({ json }) => JSON.parse(json).key));
        for (const { keys, isAnswered } of uploads) {
          const stored = Object.values(keys).filter(({ key }) => isStored(key)).length;
          if (isAnswered || stored > 0) assert.equal(stored, Object.keys(keys).length, "E4, K1: a part of an upload");
        }
        for (const key of given) {
          assert.ok(!pool.has(key), "C1: given, and still there");
          assert.ok(isStored(key), "K5: given, and forgotten");
        }
        left.push(pool.size);
      }
      return left;
    }),
  );
}

test("C1, E4, K1, E5: SIGKILL among 64 claimers and three uploaders, again and again", {
  timeout: rounds * 60_000,
}, async (t) => {
  t.diagnostic(seedNote);
  const random = seededNumbers(seed);
  const server = await KillableServer.create(t, [...owners, ...claimers]);
  const { accounts } = server.files;
  const targets = accounts.slice(0, owners.length);
  const known = targets.map((account) => new Owner(account));
  let left = known.map(() => 0);
  let unanswered = 0;
  for (let round = 0; round < rounds; round++) {
    const clients = await server.start();
    for (const [index, client] of clients.slice(0, owners.length).entries()) {
      const { body } = await client.upload({});
      assert.equal(body.one_time_key_counts[algorithm], left[index], "E5: a crash is not a restore");
    }
    const answersToLive = Math.floor(random() ** 2 * 1500) + 1;
    let answers = 0;
    const killed = Promise.withResolvers<string>();
    const answered = () => {
      if (++answers === answersToLive) killed.resolve(server.kill());
    };
    const claimAll = async (client: Client, start: number) => {
      for (let turn = start; ; turn++) {
        const which = turn % known.length;
        const { userId = "", deviceId = "" } = targets[which] ?? {};
        const key = await client.claim(userId, deviceId);
        if (key) known[which]?.give(key[1].key);
        answered();
      }
    };
    const uploading = known.map((owner, index) => uploadUntilKilled(clients[index] as Client, owner));
    const claiming = clients.slice(owners.length).map(claimAll);
    await Promise.all([...uploading, ...claiming].map(letGo));
    const log = await killed.promise;
    assert.equal(log, "", "nothing was worth a warning");
    left = await assertLeft(server.files, targets, known);
    unanswered += known.flatMap(({ uploads }) => uploads).filter(({ isAnswered }) => !isAnswered).length;
  }
  const [claimer = assert.fail("no clients")] = (await server.start()).slice(owners.length);
  for (const [index, { userId, deviceId }] of targets.entries()) {
    const claims = Array.from({ length: left[index] as number }, () => claimer.claim(userId, deviceId));
    for (const key of await Promise.all(claims))
      known[index]?.give(key?.[1].key ?? assert.fail("K10: counted, not given"));
    assert.equal(await claimer.claim(userId, deviceId), undefined);
  }
  const given = known.reduce((sum, owner) => sum + owner.given.size, 0);
  const uploads = known.reduce((sum, owner) => sum + owner.uploads.length, 0);
  t.diagnostic(`${rounds} rounds: ${uploads} uploads, ${unanswered} of them unanswered at first; ${given} keys given`);
});
