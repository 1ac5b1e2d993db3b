import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { Client as PostgresClient } from "pg";
import type { DatabasePlace } from "../../src/adapters/sql/open-database.ts";
import { seededNumbers } from "../crash/seeded-numbers.ts";
import { seed, times } from "./effort.ts";
import { below } from "./key-requests.ts";
import { turns } from "./key-use-cases.ts";
import { deployments, postgres } from "./race-engines.ts";
import { openSeededServers, phones } from "./seeded-server.ts";

/** A query on the database, behind the server's back; `$1` is its parameter. */
async function rowsOf(place: DatabasePlace, sql: string, ...parameters: string[]): Promise<unknown[][]> {
  if (place.engine === "sqlite") {
    const database = new Database(place.path, { readonly: true });
    const statement = database.prepare(sql).raw();
    const rows = parameters.length > 0 ? statement.all({ 1: parameters[0] }) : statement.all();
    database.close();
    return rows as unknown[][];
  }
  const client = new PostgresClient({ connectionString: place.url });
  await client.connect();
  const { rows } = await client.query<unknown[]>({ text: sql, values: parameters, rowMode: "array" });
  await client.end();
  return rows;
}

const tablesOfDevices = {
  sqlite:
    "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'device_id'",
  postgres:
    "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'device_id'",
};

/** What a device has, by table. */
async function leftOf(place: DatabasePlace, userId: string): Promise<string[]> {
  const tables = (await rowsOf(place, tablesOfDevices[place.engine])).map(([name]) => String(name));
  assert.ok(tables.length >= 8);
  const counts = tables.map((table) => `SELECT '${table}' FROM ${table} WHERE user_id = $1`);
  return (await rowsOf(place, counts.join(" UNION "), userId)).map(([name]) => String(name));
}

for (const deployment of deployments) {
  const leaving = deployment.engine === postgres ? 30 : 60;
  test(`S4: whatever arrives while a device logs out, nothing of it stays (${deployment.name})`, async (t) => {
    const random = seededNumbers(seed);
    const names = ["alice PHONE", ...phones("leaver", leaving * times)];
    const { place, clients } = await openSeededServers(t, deployment, names);
    const [alice = assert.fail(), ...leavers] = clients;
    const seen = new Map<string, number>();
    for (const leaver of leavers) {
      const keys = () => ({ one_time_keys: leaver.keys.oneTimeKeys(3, `x${random()}`) });
      await leaver.upload({
        device_keys: leaver.keys.deviceKeys(),
        fallback_keys: leaver.keys.fallbackKey(),
        ...keys(),
      });
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
      assert.deepEqual(await leftOf(place, leaver.userId), []);
      assert.equal(await alice.claim(leaver.userId, leaver.deviceId), undefined);
    }
    t.diagnostic(`uploads: ${JSON.stringify(Object.fromEntries(seen))}`);
  });
}
