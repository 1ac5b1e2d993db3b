// On SQLite alone: a copy of its file, put back.
import assert from "node:assert/strict";
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sendNumber, upTo } from "../federation/following-client.ts";
import type { Json } from "../federation/played-servers.ts";
import { ask, federating, playServers } from "../races/federated-house.ts";
import { sqlite } from "../races/race-engines.ts";
import { seededFolder, startServer } from "../races/seeded-server.ts";
import { Client } from "../support/client.ts";
import { HeardByServer, taken } from "./heard-by-server.ts";

const algorithm = "signed_curve25519";

test("E5: after a restore no key and no transaction id comes again with other content, and device lists are fetched anew on both sides", async (t) => {
  const { played, servers } = await playServers(t, "one");
  const [one] = servers;
  const heard = new HeardByServer(one);
  const mallory = one.addDevice("mallory", "PHONE");
  // The other server promises to tell of changes, so only a restore makes anybody ask anew.
  const followed = { "io.claviger.followed_until": Date.now() + 30 * 24 * 3600_000 };
  let fetched = 0;
  one.on.devices = () => {
    fetched++;
    // Somebody may wait for it.
    setImmediate(() => heard.look());
    const { body } = one.devices(mallory.userId) as { body: object };
    return { body: { ...body, ...followed } };
  };
  const { folder, place, config, accounts } = await seededFolder(t, sqlite, ["alice PHONE"]);
  assert.ok(place.engine === "sqlite");
  const { path } = place;
  const start = async () => {
    const server = await startServer(t, { ...config, ...federating(played) });
    return { server, alice: new Client(server.url, accounts[0]!) };
  };
  let { server, alice } = await start();
  const deviceKeys = alice.keys.deviceKeys();
  const pool = { one_time_keys: alice.keys.oneTimeKeys(50), fallback_keys: alice.keys.fallbackKey() };
  await alice.upload({ device_keys: deviceKeys, ...pool });
  for (const number of upTo(5)) await sendNumber(alice, mallory, number);
  await heard.until(() => heard.numbersOf(alice).length === 5 && fetched > 0);
  const { stream_id: first } = await devicesOf(alice);
  // The backup has a transaction that was made and not taken.
  heard.onNew = () => ({ status: 503, body: { errcode: "M_UNKNOWN", error: "no" } });
  await sendNumber(alice, mallory, 5);
  await heard.until(() => heard.numbersOf(alice).length === 6);
  await server.close();
  copyFileSync(path, join(folder, "backup.db"));

  heard.onNew = () => taken;
  ({ server, alice } = await start());
  for (const number of upTo(10)) await sendNumber(alice, mallory, 6 + number);
  const given = new Set<string>();
  for (let claim = 0; claim < 20; claim++) given.add((await claimOf(alice)) ?? "");
  for (let change = 0; change < 5; change++) {
    await alice.request("PUT", `/devices/${alice.deviceId}`, { display_name: `Name ${change}` });
    await heard.until(() => updates().at(-1)?.device_display_name === `Name ${change}`);
  }
  await heard.until(() => heard.numbersOf(alice).length === 16);
  assert.equal(given.size, 20);
  assert.deepEqual(updates()[0].prev_id, [first], "the updates go on where the fetched list ends");
  const told = new Set<number>([first, ...updates().map(({ stream_id: id }: Json) => id)]);
  for (const { prev_id } of updates()) assert.ok(told.has(prev_id[0]));
  await server.close();
  for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
  copyFileSync(join(folder, "backup.db"), path);

  const [before, beforeFetched] = [updates().length, fetched];
  ({ server, alice } = await start());
  // Without any change: what was told is gone, so the next update must not follow on what the other server knows.
  await heard.until(() => updates().length > before && fetched > beforeFetched);
  const update = updates()[before];
  assert.equal(update.user_id, alice.userId);
  const last = Math.max(...told);
  assert.ok(update.stream_id > last, "the epoch is a new one");
  assert.notDeepEqual(update.prev_id, [last], "there is a gap");
  const list = await devicesOf(alice);
  assert.ok(list.stream_id >= update.stream_id);
  assert.equal(list.devices[0].device_display_name, undefined, "as in the backup");
  // Keys that were given since the backup are not given again, also when the client uploads them once more.
  await alice.upload(pool);
  assert.equal(await claimOf(alice), Object.values(pool.fallback_keys)[0]?.key);
  const anew = alice.keys.oneTimeKeys(20, "BBB");
  await alice.upload({ one_time_keys: anew });
  const after = new Set<string>();
  for (let claim = 0; claim < 20; claim++) after.add((await claimOf(alice)) ?? "");
  assert.deepEqual(after, new Set(Object.values(anew).map(({ key }) => key)));
  for (const key of given) assert.ok(!after.has(key), "C1, E5");
  // The transaction of the backup came again as it was, and what is new has ids of its own.
  for (const number of upTo(5)) await sendNumber(alice, mallory, 16 + number);
  await heard.until(() => heard.numbersOf(alice).length === 21);
  assert.deepEqual(heard.numbersOf(alice), upTo(21));
  assert.ok(heard.tries > heard.count);

  function updates(): Json[] {
    return heard.edus.filter(({ type }) => type === "m.device_list_update").map(({ content }) => content);
  }

  async function devicesOf({ userId, url }: Client): Promise<Json> {
    const { status, body } = await ask(one, url, "GET", `/user/devices/${encodeURIComponent(userId)}`);
    assert.equal(status, 200);
    return body;
  }

  async function claimOf({ userId, deviceId, url }: Client): Promise<string | undefined> {
    const wanted = { one_time_keys: { [userId]: { [deviceId]: algorithm } } };
    const { status, body } = await ask(one, url, "POST", "/user/keys/claim", wanted);
    assert.equal(status, 200);
    return Object.values<Json>(body.one_time_keys[userId][deviceId])[0]?.key;
  }
});
