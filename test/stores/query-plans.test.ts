import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import { explainStores } from "./explained-sqlite.ts";
import { useEveryMethod } from "./use-every-method.ts";

const unusedMethods: string[] = [];
const { hot, others } = await explainStores(async (stores) => {
  const watched = watchUse(stores);
  await useEveryMethod(watched.stores);
  unusedMethods.push(...watched.unused());
});

const ofDevice = "user_id=? AND device_id=?";
const everyKey = `PRIMARY KEY (${ofDevice} AND algorithm=?)`;

/**
 * The index in which each hot statement looks rows up, and by what: its cost is that of the rows that it is for.
 */
const lookups: Readonly<Record<string, readonly string[]>> = {
  "access_tokens.find": ["PRIMARY KEY (digest=?)"],
  "devices.has": [`PRIMARY KEY (${ofDevice})`],
  "one_time_keys.take": [`PRIMARY KEY (${ofDevice} AND algorithm=? AND upload_order=?)`, everyKey],
  "one_time_keys.count": [`PRIMARY KEY (${ofDevice})`],
  "one_time_keys.pool": [`PRIMARY KEY (${ofDevice})`],
  "one_time_keys.reserve-orders": ["PRIMARY KEY (rowid=?)"],
  "one_time_keys.insert": [],
  "remembered_keys.find": [`PRIMARY KEY (${ofDevice} AND algorithm=? AND digest=?)`],
  "remembered_keys.insert": [],
  "remembered_keys.newest-to-forget": [everyKey, `PRIMARY KEY (${ofDevice} AND algorithm=? AND upload_order=?)`],
  "remembered_keys.forget": [everyKey, everyKey],
  "fallback_keys.find": [`PRIMARY KEY (${ofDevice} AND algorithm=?)`],
  "fallback_keys.mark-used": [`PRIMARY KEY (${ofDevice} AND algorithm=?)`],
  "fallback_keys.unused": [`PRIMARY KEY (${ofDevice})`],
  "device_keys.list": ["sqlite_autoindex_device_keys_1 (user_id=?)"],
  "cross_signing_keys.list": ["PRIMARY KEY (user_id=?)"],
  "acquaintances.find": ["PRIMARY KEY (user_id=? AND other_user_id=?)"],
  "devices.ids": ["PRIMARY KEY (user_id=?)"],
  "to_device.remember": [],
  "stream.position": ["PRIMARY KEY (rowid=?)"],
  "to_device.list": [`PRIMARY KEY (${ofDevice} AND position>?)`],
  "to_device.has": [`PRIMARY KEY (${ofDevice} AND position<?)`],
  "to_device.deliver": [],
  "account_data.changed": ["account_data_by_position (user_id=? AND position>?)"],
  // The user's own row, the user's acquaintances, a row for each of them, what the user has signed.
  "device_lists.changed": [
    ...["PRIMARY KEY (user_id=?)", "PRIMARY KEY (user_id=?)", "PRIMARY KEY (user_id=?)"],
    "PRIMARY KEY (signer_user_id=?)",
  ],
  "appservice_messages.add": [],
  "appservice_count_notes.add": [],
  "appservice_count_notes.remove": ["PRIMARY KEY (appservice_id=? AND user_id=? AND device_id=?)"],
  "server_keys.find": ["PRIMARY KEY (server_name=? AND key_id=?)"],
  "received_transactions.find": ["PRIMARY KEY (origin=? AND transaction_id=?)"],
  "received_messages.remember": [],
  "federation_messages.add": [],
  "federation_messages.forget": ["PRIMARY KEY (rowid=?)", "federation_messages_by_age (queued_at<?)"],
  "federation_messages.forget-oldest": [
    "sqlite_autoindex_federation_messages_1 (destination=? AND position<?)",
    "sqlite_autoindex_federation_messages_1 (destination=?)",
  ],
  "listening_servers.list": ["PRIMARY KEY (user_id=?)"],
  "listening_servers.find": ["PRIMARY KEY (user_id=? AND server_name=?)"],
  "listening_servers.forget": ["listening_servers_by_age (heard_at<?)"],
  "told_device_lists.forget": ["PRIMARY KEY (destination=? AND user_id=?)"],
  "federation_device_changes.forget": ["PRIMARY KEY (destination=? AND user_id=?)"],
  "federation_device_changes.replace": ["PRIMARY KEY (destination=? AND user_id=? AND device_id=?)"],
  "federation_device_changes.note": [],
  "federation_device_changes.remove": ["federation_device_changes_in_order (destination=? AND position<?)"],
  "federation_device_changes.remove-of-user": ["PRIMARY KEY (destination=? AND user_id=?)"],
  "backed_up_keys.rank": ["sqlite_autoindex_backed_up_keys_1 (user_id=? AND set_id=? AND room_id=? AND session_id=?)"],
  "backed_up_keys.put": [],
  "remote_device_lists.list": ["PRIMARY KEY (user_id=?)"],
  "remote_device_keys.list": ["sqlite_autoindex_remote_device_keys_1 (user_id=?)"],
  "remote_cross_signing_keys.list": ["PRIMARY KEY (user_id=?)"],
};

/**
 * Forgetting looks through a device's issued keys, once in a thousand keys; a token has five successors at most; a page
 * of destinations is short, and so are this server's own keys.
 */
const sorts = [
  ...["federation_queue.destinations", "refresh_tokens.successors", "remembered_keys.newest-to-forget"],
  "signing_keys.list",
];
/** They are for all rows, or run now and then over a table that stays small. */
const readsWholeTable = [
  ...["appservice_feeds.list", "appservice_proxy_reports.forget", "appservice_proxy_reports.list"],
  ...[
    "deleted_key_sets.first",
    "destinations.list",
    "fallback_keys.mark-all-used",
    "federation_device_changes.note-all-told",
  ],
  ...[
    "login_throttles.forget",
    "remote_device_lists.mark-all-stale",
    "server_key_objects.beyond",
    "signing_keys.list",
    "told_device_lists.any",
  ],
];

test("each hot statement finds its rows by an index, and by the columns that say which", () => {
  const found = [...hot].map(([name, plan]) => [name, plan.flatMap((line) => lookup(line) ?? [])]);
  assert.deepEqual(Object.fromEntries(found), lookups);
  assert.deepEqual(namesWith(hot, scan), []);
});

test("of the other statements only those scan a table that are for all of it", () => {
  assert.deepEqual(namesWith(others, scan), readsWholeTable);
});

test("only what is rare or short is sorted", () => {
  assert.deepEqual(namesWith(new Map([...hot, ...others]), /TEMP B-TREE/), sorts);
});

test("the statements of every store's every method were looked at", () => {
  assert.deepEqual(unusedMethods, []);
});

/** Not a scan: a row without a table, a list of values, what a sub-query has found (`waiting` and `page` are). */
const scan = /^SCAN (?!CONSTANT ROW|\d+-ROW VALUES|\(subquery|(?:waiting|page)$)/;

/** Where a line of a plan looks up rows of a table, and by which columns. */
function lookup(line: string): string | undefined {
  return /^SEARCH \w+ USING (?:INTEGER |COVERING )*(?:INDEX )?([^(]+\([^)]+\))/.exec(line)?.[1];
}

function namesWith(plans: ReadonlyMap<string, string[]>, pattern: RegExp): string[] {
  return [...plans].flatMap(([name, plan]) => (plan.some((line) => pattern.test(line)) ? [name] : [])).sort();
}

/** Stores that remember which of their methods were not used, as `store.method`. */
function watchUse(stores: Stores): { stores: Stores; unused: () => string[] } {
  const unused = new Set<string>();
  const watched = Object.entries(stores).map(([name, store]) => {
    for (const method of Object.keys(store)) unused.add(`${name}.${method}`);
    const get = (target: object, method: string) => {
      unused.delete(`${name}.${method}`);
      return Reflect.get(target, method);
    };
    return [name, new Proxy(store, { get: (target, method) => get(target, String(method)) })];
  });
  return { stores: Object.fromEntries(watched) as Stores, unused: () => [...unused] };
}
