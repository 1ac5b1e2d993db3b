import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { Client } from "../support/client.ts";
import { seed, seedNote, times } from "./effort.ts";
import { below } from "./key-requests.ts";
import { turns } from "./key-use-cases.ts";
import { phones, seededFolder, startServer } from "./seeded-server.ts";

/** What a device has, by table. */
function leftOf(path: string, userId: string): string[] {
  const database = new Database(path, { readonly: true });
  const tables = database
    .prepare(
      "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'device_id'",
    )
    .pluck()
    .all() as string[];
  assert.ok(tables.length >= 8);
  const rows = (table: string) =>
    database.prepare(`SELECT COUNT(*) FROM ${table} WHERE user_id = ?`).pluck().get(userId);
  const left = tables.filter((table) => rows(table) !== 0);
  database.close();
  return left;
}

test("S4: whatever arrives while a device logs out, nothing of it stays", async (t) => {
  t.diagnostic(seedNote);
  const random = seededNumbers(seed);
  const { config, accounts, database } = await seededFolder(t, ["alice PHONE", ...phones("leaver", 60 * times)]);
  const { url } = await startServer(t, config);
  const [alice, ...leavers] = accounts.map((account) => new Client(url, account));
  assert.ok(alice);
  const seen = new Map<string, number>();
  for (const leaver of leavers) {
    const keys = () => ({ one_time_keys: leaver.keys.oneTimeKeys(3, `x${random()}`) });
    await leaver.upload({ device_keys: leaver.keys.deviceKeys(), fallback_keys: leaver.keys.fallbackKey(), ...keys() });
    const message = { [leaver.userId]: { "*": { body: "too late?" } } };
    const requests: (() => Promise<unknown>)[] = [
      () => leaver.post("/logout", {}),
      () => leaver.upload({ device_keys: leaver.keys.deviceKeys(), ...keys() }),
      () => leaver.upload({ fallback_keys: leaver.keys.fallbackKey("next") }),
      () => leaver.send("com.example", "txn", { [alice.userId]: { "*": {} } }),
      () => leaver.get("/sync?timeout=0"),
      () => alice.claim(leaver.userId, leaver.deviceId),
      () => alice.send("com.example", leaver.userId, message),
    ];
    const delays = requests.map(() => below(random, 8));
    const answers = await Promise.all(requests.map((ask, index) => turns(delays[index] as number).then(ask)));
    assert.equal((answers[0] as { status: number }).status, 200);
    const status = String((answers[1] as { status: number }).status);
    assert.match(status, /^(200|401)$/);
    seen.set(status, (seen.get(status) ?? 0) + 1);
    assert.deepEqual(leftOf(database, leaver.userId), []);
    assert.equal(await alice.claim(leaver.userId, leaver.deviceId), undefined);
  }
  t.diagnostic(`uploads: ${JSON.stringify(Object.fromEntries(seen))}`);
});
