// On SQLite alone: a copy of its file, put back.
import assert from "node:assert/strict";
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sqlite } from "../races/race-engines.ts";
import { seededFolder, startServer } from "../races/seeded-server.ts";
import { afterTest } from "../support/after-test.ts";
import { startTestAppservice } from "../support/appservices/test-appservice.ts";
import { Client } from "../support/client.ts";
import { shareRoom } from "../support/share-room.ts";
import { HeardTransactions, sendNumber, upTo } from "./heard-transactions.ts";

test("E5: after a restore no transaction id comes with other content, and counts and device lists are told anew", async (t) => {
  const appservice = await startTestAppservice({ encrypts: true });
  afterTest(t, () => appservice.close());
  const heard = new HeardTransactions(appservice);
  const { folder, place, config, accounts } = await seededFolder(t, sqlite, ["bridge_ghost PHONE", "bob PHONE"]);
  assert.ok(place.engine === "sqlite");
  const { path } = place;
  const start = async () => {
    const server = await startServer(t, { ...config, appservices: [appservice.registrationFile] });
    const [ghost, bob] = accounts.map((account) => new Client(server.url, account)) as [Client, Client];
    return { server, ghost, bob };
  };
  let { server, ghost, bob } = await start();
  await ghost.upload({ device_keys: ghost.keys.deviceKeys(), one_time_keys: ghost.keys.oneTimeKeys(10) });
  await bob.upload({ device_keys: bob.keys.deviceKeys() });
  await shareRoom(bob, ghost);
  for (const number of upTo(5)) await sendNumber(bob, ghost, number);
  await heard.until(() => heard.messages === 5 && changedIn().includes(bob.userId));
  // The backup has a transaction that was made and not taken.
  heard.onNew = () => ({ status: 503 });
  await sendNumber(bob, ghost, 5);
  await heard.until(() => heard.messages === 6);
  await server.close();
  copyFileSync(path, join(folder, "backup.db"));

  heard.onNew = () => ({});
  ({ server, ghost, bob } = await start());
  await sendNumber(bob, ghost, 6);
  await ghost.upload({ one_time_keys: ghost.keys.oneTimeKeys(10, "LOST") });
  await heard.until(() => heard.messages === 7 && toldCount() === 20);
  await server.close();
  for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
  copyFileSync(join(folder, "backup.db"), path);

  const [before, tries] = [appservice.transactions.length, heard.tries];
  ({ server, ghost, bob } = await start());
  await heard.until(() => heard.tries > tries && toldCount() === 0 && changedIn(before).length >= 2);
  assert.deepEqual(changedIn(before).sort(), [bob.userId, ghost.userId].sort());
  await sendNumber(bob, ghost, 7);
  await heard.until(() => heard.messages === 8);
  assert.deepEqual(heard.numbersOf(bob), upTo(8));

  function changedIn(first = 0): string[] {
    return appservice.transactions.slice(first).flatMap(({ body }) => body.device_lists?.changed ?? []);
  }

  function toldCount(): number | undefined {
    const counts = appservice.transactions.flatMap(({ body }) => body.device_one_time_keys_count?.[ghost.userId] ?? []);
    return counts.at(-1)?.[ghost.deviceId].signed_curve25519;
  }
});
