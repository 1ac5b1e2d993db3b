// One database with many one-time keys, in a process of its own: the server's storage and its use case, without HTTP.
import { randomBytes } from "node:crypto";
import Database from "better-sqlite3";
import {
  type DatabasePlace,
  type Database as OpenDatabase,
  openDatabase,
} from "../../src/adapters/sql/open-database.ts";
import { systemClock } from "../../src/adapters/system/system-clock.ts";
import { systemRandom } from "../../src/adapters/system/system-random.ts";
import { threadPoolSignatureVerifier as signatureVerifier } from "../../src/adapters/system/thread-pool-signature-verifier.ts";
import type { ClaimSource, Observer } from "../../src/domain/kernel/observer.ts";
import type { DeviceOwner, Requester } from "../../src/domain/kernel/requester.ts";
import { claimKeys } from "../../src/domain/key-directory/claim-keys.ts";
import type { ServerName } from "../../src/protocol/identifiers/server-name.ts";
import type { OneTimeKey } from "../../src/protocol/keys/one-time-key.ts";
import { noAppservices } from "../../test/support/no-appservices.ts";
import { answerCalls } from "../child/answer-calls.ts";
import { serverName } from "../population/identities.ts";
import { algorithm, type Targets, targetAt } from "../postgres/populate.ts";
import { seededRandom } from "../statistics.ts";

export interface ClaimRound {
  readonly targets: Targets;
  readonly claims: number;
  /** How many devices are claimed from, drawn at random; without it each claim is of another one. */
  readonly devices?: number;
  readonly seed: number;
}

/** Claims under way at once. */
const width = 64;
const requester = { userId: `@claimer:${serverName}` } as Requester;

let database: OpenDatabase | undefined;
let found = 0;
/** Counts the keys that were found; a claim tells it nothing else. */
const observer = {
  claimAnswered(source: ClaimSource) {
    if (source === "one_time_key") found++;
  },
} as Partial<Observer> as Observer;

answerCalls(
  {
    async open({ place, dataDir }: { place: DatabasePlace; dataDir: string }): Promise<void> {
      database = await openDatabase(place, {
        ...{ dataDir, serverName, clock: systemClock, random: systemRandom, role: "server", watchdog: false },
        ...{ wake: () => {}, wakeAll: () => {}, timer: () => {}, onRestore: async () => {} },
      });
      if (database.restoreSuspected !== undefined) throw new Error(database.restoreSuspected);
    },
    fillSqlite,
    /** Gives µs for each claim. Afterwards the devices have as many keys as before. */
    async claim({ targets, claims, devices = claims, seed }: ClaimRound): Promise<number> {
      const random = seededRandom(seed);
      const drawn = draw(devices, targets.devices, random);
      const wanted = Array.from({ length: claims }, (_, index) => targetAt(drawn[index % drawn.length] as number));
      found = 0;
      const start = performance.now();
      await inLanes(wanted, claimOne);
      const elapsed = performance.now() - start;
      if (found !== claims) throw new Error(`${claims - found} of ${claims} claims found no one-time key`);
      await inLanes(wanted, addOne);
      return (elapsed * 1000) / claims;
    },
    /** On SQLite a checkpoint, which shortens the log. */
    async close(): Promise<void> {
      await database?.close();
      database = undefined;
    },
  },
  async () => database?.close(),
);

/** Numbers below `end`, none of them twice as long as there are enough. */
function draw(count: number, end: number, random: () => number): number[] {
  const drawn = new Set<number>();
  while (drawn.size < Math.min(count, end)) drawn.add(Math.floor(random() * end));
  return [...drawn];
}

type Target = ReturnType<typeof targetAt>;

async function inLanes(wanted: readonly Target[], work: (target: Target) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < wanted.length) await work(wanted[next++] as Target);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

function claimOne({ userId, deviceId }: Target): Promise<unknown> {
  const { unitOfWork, snapshots } = database as OpenDatabase;
  const claimBudgets = { budget: 0, serverBudget: 0, deviceBudget: 0, refillTime: 1 };
  const deps = {
    ...noAppservices(serverName),
    ...{
      unitOfWork,
      snapshots,
      clock: systemClock,
      random: systemRandom,
      signatureVerifier,
      observer,
      serverName: serverName as ServerName,
      claimBudgets,
    },
  };
  return claimKeys(deps, requester, { [userId]: { [deviceId]: algorithm } });
}

async function addOne(owner: Target): Promise<unknown> {
  const { userId, deviceId } = owner;
  const keyId = `${algorithm}:${randomBytes(8).toString("hex")}`;
  const signature = randomBytes(43).toString("hex");
  const json = `{"key":"${signature.slice(0, 43)}","signatures":{"${userId}":{"ed25519:${deviceId}":"${signature}"}}}`;
  const key = { algorithm, keyId, digest: randomBytes(16), json } as OneTimeKey;
  const { unitOfWork } = database as OpenDatabase;
  return unitOfWork.run({ exclusive: [userId] }, ({ oneTimeKeys }) => oneTimeKeys.add(owner as DeviceOwner, [key]));
}

/** Straight into the tables of the first migration, ordered as they are. */
function fillSqlite({ path, targets }: { path: string; targets: Targets }): void {
  const raw = new Database(path);
  for (const pragma of ["journal_mode = OFF", "synchronous = OFF", "cache_size = -262144"]) raw.pragma(pragma);
  const count = targets.devices * targets.keys;
  raw.exec(`BEGIN;
    INSERT INTO one_time_keys (user_id, device_id, algorithm, upload_order, key_id, digest, json)
    WITH RECURSIVE numbers(number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM numbers LIMIT ${count}),
    names AS (SELECT number, printf('@person-%05d:${serverName}', number / ${targets.keys}) AS user_id,
      printf('PHONE%05d', number / ${targets.keys}) AS device_id FROM numbers)
    SELECT user_id, device_id, '${algorithm}', number + 1, printf('${algorithm}:%011X', number), randomblob(16),
      '{"key":"' || substr(hex(randomblob(22)), 1, 43) || '","signatures":{"' || user_id || '":{"ed25519:' || device_id || '":"'
        || hex(randomblob(43)) || '"}}}' FROM names;
    INSERT INTO remembered_keys (user_id, device_id, algorithm, digest, upload_order)
    SELECT user_id, device_id, algorithm, digest, upload_order FROM one_time_keys;
    UPDATE stream SET last_upload_order = ${count};
    COMMIT;`);
  raw.pragma("journal_mode = WAL");
  raw.close();
}
