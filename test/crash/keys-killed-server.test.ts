import assert from "node:assert/strict";
import { test } from "node:test";
import type { Account } from "../../examples/matrix-client.ts";
import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import { digestOfPublicKey, parseOneTimeKeys } from "../../src/protocol/keys/one-time-key.ts";
import { seed, seedNote, times } from "../races/effort.ts";
import { pick } from "../races/key-requests.ts";
import { isUnanswered, KillableServer, pickRunning, readLeft, startMissing } from "../races/killable-server.ts";
import { killedDeployments, postgres } from "../races/race-engines.ts";
import { phones, type SeededFolder } from "../races/seeded-server.ts";
import { Client } from "../support/client.ts";
import { KeyedDevice } from "../support/signed-keys.ts";
import { seededNumbers } from "./seeded-numbers.ts";

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

/** Whoever is in the middle of a request when its server dies is let go. */
async function letGo<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (!isUnanswered(error)) throw error;
    return undefined;
  });
}

/** First again what was not answered, as clients do; then on and on. */
async function uploadUntil(isOver: () => boolean, client: Client, owner: Owner): Promise<void> {
  let count = 0;
  for (let turn = 0; !isOver(); turn++) {
    const unanswered = owner.uploads.find(({ isAnswered }) => !isAnswered);
    // Every other time an old upload again: it must change nothing.
    const old = owner.uploads[(turn * 7) % Math.max(owner.uploads.length, 1)];
    if (unanswered) await letGo(send(client, unanswered));
    else if (turn % 2 === 1 && old) count = (await letGo(send(client, old))) ?? count;
    else if (count < enough) count = (await letGo(send(client, owner.newUpload()))) ?? count;
    else count = (await letGo(client.upload({})))?.body.one_time_key_counts[algorithm] ?? count;
  }
}

/**
 * What a killed server has left must hold what it had answered, and of what it had not, all or nothing.
 * @returns how many keys are left in each pool
 */
function assertLeft(files: SeededFolder, targets: readonly Account[], known: readonly Owner[]): Promise<number[]> {
  return readLeft(files, (snapshots) =>
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

/** Lets claimers and uploaders go on until `server` has been killed among its answers, and then at the others. */
async function killAmong(
  random: () => number,
  servers: readonly KillableServer[],
  clients: readonly Client[],
  known: readonly Owner[],
): Promise<string> {
  const answersToLive = Math.floor(random() ** 2 * 1500) + 1;
  const answersAfter = servers.length > 1 ? 150 : 0;
  let answers = 0;
  const killed = Promise.withResolvers<string>();
  const answered = () => {
    if (++answers === answersToLive) killed.resolve(pick(random, servers).kill());
  };
  const isOver = () => answers >= answersToLive + answersAfter;
  const claimAll = async (client: Client, start: number) => {
    for (let turn = start; !isOver(); turn++) {
      const which = turn % known.length;
      const { userId = "", deviceId = "" } = clients[which] ?? {};
      const claim = client.claim(userId, deviceId).then((key) => {
        if (key) known[which]?.give(key[1].key);
        answered();
      });
      await letGo(claim);
    }
  };
  const uploading = known.map((owner, index) => uploadUntil(isOver, clients[index] as Client, owner));
  await Promise.all([...uploading, ...clients.slice(known.length).map(claimAll)]);
  return killed.promise;
}

/** What was worth a warning. That one claimer gets most keys is, and may be: on a busy machine some are quicker than others. */
function warningsIn(log: string): string {
  const lines = log.split("\n").filter((line) => !line.includes("one claimer drains a device's one-time keys"));
  return lines.join("\n");
}

for (const deployment of killedDeployments) {
  const rounds = (deployment.engine === postgres ? 3 : 6) * times;
  test(`C1, E4, K1, E5: SIGKILL among 64 claimers and three uploaders, again and again (${deployment.name})`, {
    timeout: rounds * 60_000,
  }, async (t) => {
    t.diagnostic(seedNote);
    const random = seededNumbers(seed);
    const servers = await KillableServer.createSeveral(t, deployment, [...owners, ...claimers]);
    const { files } = servers[0] as KillableServer;
    const clients = files.accounts.map((account) => new Client(() => pickRunning(random, servers).url, account));
    const targets = files.accounts.slice(0, owners.length);
    const known = targets.map((account) => new Owner(account));
    let left = known.map(() => 0);
    let unanswered = 0;
    for (let round = 0; round < rounds; round++) {
      await startMissing(servers);
      for (const [index, client] of clients.slice(0, owners.length).entries()) {
        const { status, body } = await client.upload({});
        assert.equal(status, 200, JSON.stringify(body));
        assert.equal(body.one_time_key_counts[algorithm], left[index], "E5: a crash is not a restore");
      }
      const log = await killAmong(random, servers, clients, known);
      assert.equal(warningsIn(log), "", "nothing was worth a warning");
      left = await assertLeft(files, targets, known);
      unanswered += known.flatMap(({ uploads }) => uploads).filter(({ isAnswered }) => !isAnswered).length;
    }
    await startMissing(servers);
    const claimer = clients.at(-1) ?? assert.fail("no clients");
    for (const [index, { userId, deviceId }] of targets.entries()) {
      const claims = Array.from({ length: left[index] as number }, () => claimer.claim(userId, deviceId));
      for (const key of await Promise.all(claims))
        known[index]?.give(key?.[1].key ?? assert.fail("K10: counted, not given"));
      assert.equal(await claimer.claim(userId, deviceId), undefined);
    }
    for (const server of servers) assert.equal(warningsIn(await server.stop()), "", "nothing was worth a warning");
    const given = known.reduce((sum, owner) => sum + owner.given.size, 0);
    const uploads = known.reduce((sum, owner) => sum + owner.uploads.length, 0);
    t.diagnostic(
      `${rounds} rounds: ${uploads} uploads, ${unanswered} of them unanswered at first; ${given} keys given`,
    );
  });
}
