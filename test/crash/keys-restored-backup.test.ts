// On SQLite alone: copies of its files, put back. Restores of PostgreSQL are in test/postgres/restores.test.ts.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { KillableServer } from "../races/killable-server.ts";
import { sqlite } from "../races/race-engines.ts";
import { type SeededFolder, seededFolder, startServer } from "../races/seeded-server.ts";
import { Client } from "../support/client.ts";

const type = "com.example.message";
const names = ["alice PHONE", "alice LAPTOP", "bob PHONE"] as const;

interface Way {
  /** Makes the backup; the server runs meanwhile only where `hot`. */
  readonly backUp: (files: SeededFolder) => void;
  readonly hot: boolean;
  readonly restore: (files: SeededFolder) => void;
  /** `--restored`. */
  readonly told: boolean;
}

function pathOf({ place }: SeededFolder): string {
  assert.ok(place.engine === "sqlite");
  return place.path;
}

const backup = (files: SeededFolder, name = "claviger.db") => join(files.folder, "backup", name);
const highWater = ({ folder }: SeededFolder) => join(folder, "data", "high-water.json");

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}

/** As the operating page says: the log of the newer state goes with it. */
function replaceDatabase(files: SeededFolder): void {
  for (const suffix of ["-wal", "-shm"]) rmSync(pathOf(files) + suffix, { force: true });
  copy(backup(files), pathOf(files));
}

const ways: Record<string, Way> = {
  "a copy of the file of a stopped server": {
    backUp: (files) => copy(pathOf(files), backup(files)),
    ...{ hot: false, restore: replaceDatabase, told: false },
  },
  "VACUUM INTO beside the running server": {
    backUp(files) {
      mkdirSync(dirname(backup(files)));
      const database = new Database(pathOf(files));
      database.prepare("VACUUM INTO ?").run(backup(files));
      database.close();
    },
    ...{ hot: true, restore: replaceDatabase, told: false },
  },
  "a backup that is moved into place as a new file": {
    backUp: (files) => copy(pathOf(files), backup(files)),
    hot: false,
    restore(files) {
      rmSync(pathOf(files));
      replaceDatabase(files);
    },
    told: false,
  },
  "the whole machine, which only --restored can tell": {
    backUp(files) {
      copy(pathOf(files), backup(files));
      copy(highWater(files), backup(files, "high-water.json"));
    },
    hot: false,
    restore(files) {
      replaceDatabase(files);
      copy(backup(files, "high-water.json"), highWater(files));
    },
    told: true,
  },
};

const messagesTo = ({ userId, deviceId }: Client, body: string) => ({ [userId]: { [deviceId]: { body } } });

async function claimAll(bob: Client, { userId, deviceId }: Client, count: number): Promise<string[]> {
  const claims = Array.from({ length: count }, () => bob.claim(userId, deviceId));
  return (await Promise.all(claims)).map((key) => key?.[1].key ?? "nothing");
}

function publicKeys(keys: Record<string, { key: string }>): string[] {
  return Object.values(keys).map(({ key }) => key);
}

for (const [name, way] of Object.entries(ways)) {
  test(`E5: after the restore of ${name} no key is issued again, and old sync tokens go on`, async (t) => {
    const files = await seededFolder(t, sqlite, names);
    const start = async (restored = false) => {
      const server = await startServer(t, files.config, restored);
      const clients = files.accounts.map((account) => new Client(server.url, account)) as [Client, Client, Client];
      return { server, clients };
    };
    let { server, clients } = await start();
    let [phone, laptop, bob] = clients;
    const { keys } = phone;
    const pool = keys.oneTimeKeys(30);
    const fallback = keys.fallbackKey();
    const body = { device_keys: keys.deviceKeys(), one_time_keys: pool, fallback_keys: fallback };
    await phone.upload(body);
    await laptop.upload({ one_time_keys: laptop.keys.oneTimeKeys(10), fallback_keys: laptop.keys.fallbackKey() });
    await claimAll(bob, phone, 5);
    await bob.send(type, "before", messagesTo(phone, "before the backup"));
    const { next_batch: tokenBefore } = await phone.sync();
    if (!way.hot) await server.close();
    way.backUp(files);
    if (!way.hot) {
      ({ server, clients } = await start());
      [phone, laptop, bob] = clients;
    }

    // What only the lost future knows.
    const since = await claimAll(bob, phone, 10);
    const later = keys.oneTimeKeys(10, "LATER");
    await phone.upload({ one_time_keys: later });
    await bob.send(type, "after", messagesTo(phone, "after the backup"));
    const lost = await phone.sync(tokenBefore);
    assert.equal(lost.to_device.events.length, 1);
    assert.equal((await claimAll(bob, laptop, 11)).at(-1) === "nothing", false);
    await server.close();
    way.restore(files);

    ({ server, clients } = await start(way.told));
    [phone, laptop, bob] = clients;
    // Of the pool nothing is given, for anything of it may have been issued; the fallback key is used.
    for (const [device, key] of [
      [phone, publicKeys(fallback)[0]],
      [laptop, undefined],
    ] as const) {
      const { device_one_time_keys_count: counts, device_unused_fallback_key_types: unused } = await device.sync();
      assert.deepEqual([counts, unused], [{ signed_curve25519: 0 }, []]);
      const given = new Set(await claimAll(bob, device, 20));
      if (key) assert.deepEqual([...given], [key]);
      else assert.equal(given.size, 1);
    }
    // The client may repeat its upload for ever.
    assert.deepEqual((await phone.upload(body)).body, { one_time_key_counts: { signed_curve25519: 0 } });
    const fresh = keys.oneTimeKeys(5, "FRESH");
    assert.equal((await phone.upload({ one_time_keys: fresh })).body.one_time_key_counts.signed_curve25519, 5);
    const given = await claimAll(bob, phone, 5);
    assert.deepEqual([...given].sort(), publicKeys(fresh).sort());
    assert.equal(
      given.some((key) => since.includes(key)),
      false,
    );

    // Tokens from before the backup and from the lost future get answers, and new messages after them.
    await bob.send(type, "new", messagesTo(phone, "after the restore"));
    for (const token of [lost.next_batch, tokenBefore]) {
      const { next_batch, to_device: toDevice } = await phone.sync(token);
      assert.equal(toDevice.events.at(-1).content.body, "after the restore");
      assert.equal((await phone.sync(next_batch)).to_device?.events.length ?? 0, 0);
      await bob.send(type, `for ${token}`, messagesTo(phone, "after the restore"));
    }

    // It is answered once: the next start keeps what there is.
    await phone.upload({ one_time_keys: keys.oneTimeKeys(7, "KEPT") });
    await server.close();
    ({ server, clients } = await start());
    const { body: kept } = await clients[0].upload({});
    assert.deepEqual(kept, { one_time_key_counts: { signed_curve25519: 7 } });
  });
}

test("E5: a waiting sync with a token of the lost future is woken by the first new message", async (t) => {
  const files = await seededFolder(t, sqlite, names);
  copy(pathOf(files), backup(files));
  const first = await startServer(t, files.config);
  const before = files.accounts.map((account) => new Client(first.url, account)) as [Client, Client, Client];
  for (let count = 0; count < 5; count++) await before[2].send(type, `${count}`, messagesTo(before[0], "lost"));
  const { next_batch: token } = await before[0].sync();
  await first.close();
  replaceDatabase(files);
  const second = await startServer(t, files.config);
  const [phone, , bob] = files.accounts.map((account) => new Client(second.url, account)) as [Client, Client, Client];
  // What the answer tells first is that the counts may have changed; then it waits.
  const { next_batch: settled } = await phone.sync(token);
  const waiting = phone.sync(settled, 120_000);
  await bob.send(type, "new", messagesTo(phone, "new"));
  assert.deepEqual((await waiting).to_device.events[0].content, { body: "new" });
});

async function killedAndRestored(t: TestContext, ...options: string[]) {
  const server = await KillableServer.create(t, sqlite, names);
  const { files } = server;
  let [phone, , bob] = (await server.start()) as [Client, Client, Client];
  const pool = phone.keys.oneTimeKeys(40);
  await phone.upload({ device_keys: phone.keys.deviceKeys(), one_time_keys: pool });
  await server.stop();
  copy(pathOf(files), backup(files));
  copy(highWater(files), backup(files, "high-water.json"));
  [phone, , bob] = (await server.start()) as [Client, Client, Client];
  const issued = await claimAll(bob, phone, 20);
  await server.kill();
  assert.ok(existsSync(`${pathOf(files)}-wal`));
  replaceDatabase(files);
  copy(backup(files, "high-water.json"), highWater(files));
  [phone, , bob] = (await server.start(...options)) as [Client, Client, Client];
  const again = await claimAll(bob, phone, 20);
  return { issued, again, log: await server.stop() };
}

test("E5: claviger serve --restored, after SIGKILL and a restore of everything, issues nothing again", async (t) => {
  const { issued, again, log } = await killedAndRestored(t, "--restored");
  assert.equal(new Set(issued).size, 20);
  assert.deepEqual(new Set(again), new Set(["nothing"]));
  assert.match(log, /restored from a backup/);
  assert.match(log, /"droppedOneTimeKeys":40/);
});

test("E5: without --restored a restore of everything is not noticed, which is why there is the option", async (t) => {
  const { issued, again, log } = await killedAndRestored(t);
  assert.deepEqual([...again].sort(), [...issued].sort());
  assert.equal(log, "");
});
