import assert from "node:assert/strict";
import { test } from "node:test";
import type { Stores } from "../../src/adapters/sql/create-stores.ts";
import { explainStores } from "./explained-sqlite.ts";
import { alice, bob } from "./owners.ts";
import { message, room } from "./room-events.ts";
import { eventNamed } from "./room-ids.ts";
import { useEveryMethod } from "./use-every-method.ts";

const unusedMethods: string[] = [];
const { hot, others } = await explainStores(async (stores) => {
  const watched = watchUse(stores);
  await useEveryMethod(watched.stores);
  unusedMethods.push(...watched.unused());
});

const ofDevice = "user_id=? AND device_id=?";
const eventById = "sqlite_autoindex_events_1 (event_id=?)";
const snapshotById = "PRIMARY KEY (room_id=? AND snapshot_id=?)";
const ofRooms = "room_stays_by_end (left_at=? AND user_id=?)";
const ofRoom = "room_stays_by_end (left_at=? AND user_id=? AND room_id=?)";
const membersByAge = "room_members_by_age (room_id=? AND membership=?)";
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
  "account_data.find": ["PRIMARY KEY (user_id=? AND type=?)"],
  "account_data.changed": ["account_data_by_position (user_id=? AND position>?)"],
  "device_lists.changed": [
    // The user's own row, the user's acquaintances, a row for each of them, what the user has signed.
    ...["PRIMARY KEY (user_id=?)", "PRIMARY KEY (user_id=?)", "PRIMARY KEY (user_id=?)"],
    "PRIMARY KEY (signer_user_id=?)",
    // What has happened since: of those who changed, whether they share a room; of who came and went, whether it was a
    // room of the user's, and whether they shared another then, or do now.
    "device_list_changes_by_public_position (public_position>?)",
    ...[ofRooms, ofRoom],
    "room_stays_by_beginning (joined_at>?)",
    ...[ofRoom, "PRIMARY KEY (user_id=?)", "PRIMARY KEY (user_id=? AND room_id=?)"],
    "room_stays_by_end (left_at>? AND left_at<?)",
    ...["PRIMARY KEY (user_id=? AND room_id=?)", ofRooms, ofRoom, "PRIMARY KEY (user_id=? AND other_user_id=?)"],
    // Whether that is all.
    "device_list_changes_by_public_position (public_position>?)",
    ...["room_stays_by_beginning (joined_at>?)", "room_stays_by_end (left_at>? AND left_at<?)"],
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
  "rooms.find": ["PRIMARY KEY (room_id=?)"],
  "rooms.move": ["PRIMARY KEY (room_id=?)"],
  "forward_extremities.list": ["PRIMARY KEY (room_id=?)"],
  "forward_extremities.remove": ["PRIMARY KEY (room_id=?)"],
  "forward_extremities.add": [],
  "events.find": [eventById],
  "events.newest": ["events_of_room_by_position (room_id=? AND position>? AND position<?)"],
  "events.add": [],
  "event_relations.add": [],
  "threads.lengthen": [],
  "room_state.find": ["PRIMARY KEY (room_id=? AND type=? AND state_key=?)", eventById],
  "room_state.page": ["PRIMARY KEY (room_id=? AND (type,state_key)>(?,?) AND type<?)", eventById],
  "room_state.put": [],
  "room_members.find": ["PRIMARY KEY (user_id=? AND room_id=?)"],
  "room_members.rooms": ["PRIMARY KEY (user_id=?)"],
  "room_members.put": [],
  "room_members.joined": ["PRIMARY KEY (user_id=?)"],
  // The rooms of a user; of each whether it has news, and then its last stay and what is new.
  "room_members.changed": [
    ...["PRIMARY KEY (user_id=? AND room_id>?)", "PRIMARY KEY (room_id=?)"],
    ...["PRIMARY KEY (room_id=?)", "receipts_by_position (room_id=? AND position>?)"],
    "room_account_data_by_position (user_id=? AND position>?)",
    ...["PRIMARY KEY (user_id=? AND room_id=?)", "PRIMARY KEY (user_id=? AND room_id=?)"],
    ...["PRIMARY KEY (room_id=?)", "receipts_by_position (room_id=? AND position>?)"],
  ],
  "room_members.oldest": [membersByAge, membersByAge],
  "receipts.own": ["PRIMARY KEY (room_id=? AND user_id=?)"],
  "typing.list": ["PRIMARY KEY (room_id=?)"],
  "room_account_data.changed": ["room_account_data_by_position (user_id=? AND position>?)"],
  "event_relations.child": ["event_relations_of_parent_by_sender (parent_id=? AND room_id=?)"],
  "event_relations.references": [
    "event_relations_of_parent_by_type (parent_id=? AND room_id=? AND rel_type=? AND (depth,position)<(?,?))",
  ],
  "receipts.newest": ["receipts_by_position (room_id=? AND position>?)", "PRIMARY KEY (room_id=? AND user_id=?)"],
  "room_stays.begin": [],
  "room_stays.end": ["PRIMARY KEY (user_id=? AND room_id=?)"],
  "state_snapshots.add": [],
  "state_snapshots.chain": [snapshotById, snapshotById],
  "state_deltas.add": [],
  "state_deltas.find": ["PRIMARY KEY (room_id=? AND snapshot_id=? AND type=? AND state_key=?)"],
  "state_deltas.list": [snapshotById],
  "state_deltas.between": [
    "PRIMARY KEY (room_id=? AND snapshot_id=? AND (type,state_key)>(?,?) AND (type,state_key)<(?,?))",
  ],
  "state_deltas.event": [eventById],
  "sent_events.find": ["PRIMARY KEY (user_id=? AND device_id=? AND txn_id=? AND room_id=? AND event_type=?)"],
  "sent_events.of-event": ["sent_events_by_event (event_id=?)"],
  "sent_events.add": [],
};

/**
 * Forgetting looks through a device's issued keys, once in a thousand keys; a token has five successors at most; a page
 * of destinations is short, and so are this server's own keys and a chain of snapshots; of a room's receipts some are told.
 */
const sorts = [
  ...["federation_queue.destinations", "receipts.newest", "refresh_tokens.successors"],
  ...["remembered_keys.newest-to-forget", "signing_keys.list", "state_snapshots.chain"],
];
/** They are for all rows, or run now and then over a table that stays small. */
const readsWholeTable = [
  ...["appservice_feeds.list", "appservice_proxy_reports.forget", "appservice_proxy_reports.list"],
  ...[
    "deleted_key_sets.first",
    "departures.list",
    "destinations.list",
    "fallback_keys.mark-all-used",
    "federation_device_changes.note-all-told",
  ],
  ...[
    "login_throttles.forget",
    "profile_changes.list",
    "remote_device_lists.mark-all-stale",
    "server_key_objects.beyond",
    "signing_keys.list",
    "told_device_lists.any",
    "typing.first-end",
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

test("what a thread, a replacement and an annotation cost does not grow with what else relates to an event", async () => {
  const { others: plans } = await explainStores(useLongThread);
  const ofThread = "PRIMARY KEY (room_id=? AND root_id=? AND sender=?)";
  const upToPlace = "AND (depth,position)<(?,?))";
  const ofKind = "event_relations_of_parent_by_type (parent_id=? AND room_id=? AND rel_type=?";
  const edits = `replacements_of_sender (parent_id=? AND room_id=? AND sender=? AND type=? ${upToPlace}`;
  const bounded: Readonly<Record<string, readonly string[]>> = {
    "event_relations.annotation": [
      "annotations_of_sender (parent_id=? AND room_id=? AND sender=? AND type=? AND key_digest=?)",
    ],
    "event_relations.edits": [eventById, edits, edits, edits],
    // Each thread, what ignored users and the reader have sent in it, and its last event: the rows of senders are few.
    "threads.list": [
      ...[ofThread, ofThread, ofThread, "events_by_position (position=?)"],
      "thread_senders_by_last (room_id=? AND root_id=?)",
    ],
    // So many rows as are asked for, and once more up to the first of them that counts.
    "threads.parts": [ofThread, `${ofKind} ${upToPlace}`, `${ofKind} ${upToPlace}`],
    "threads.newest": ["threads_by_last (room_id=? AND (last_depth,last_position)<(?,?))"],
    "threads.has": [ofThread],
    "threads.remove": [ofThread],
    "threads.shorten": [ofThread, `${ofKind})`],
    "threads.shorten-of-sender": [
      ...[ofThread, "event_relations_of_parent_by_sender (parent_id=? AND room_id=? AND sender=? AND rel_type=?)"],
    ],
  };
  const found = Object.keys(bounded).map((name) => [name, plans.get(name)?.flatMap((line) => lookup(line) ?? [])]);
  assert.deepEqual(Object.fromEntries(found), bounded);
  assert.deepEqual(namesWith(plans, /TEMP B-TREE/), []);
});

async function useLongThread({ events, relations }: Stores, flush: () => Promise<void>): Promise<void> {
  const [root, first, second] = ["root", "first", "second"].map(eventNamed);
  const relation = { parentId: root!, relType: "m.thread" };
  for (const eventId of [first!, second!]) await events.append(message("", { eventId, relation }), undefined);
  await flush();
  const roots = { roomId: room, eventIds: [root!] };
  const reader = { userId: alice, ignored: [bob], upTo: { depth: 0, position: 0 } };
  await relations.listThreads(roots, reader, 100);
  await relations.listEdits(roots, reader);
  await relations.hasAnnotation({ roomId: room, eventId: root!, sender: alice, type: "m.reaction", key: "k" });
  await relations.listNewestThreads(room, reader.upTo, 100);
  await events.hasThread(room, root!);
  await events.redact({ eventId: first!, redactedBy: second!, content: "{}", envelope: "{}" });
}

test("of what relates to several events, and may be very much, only the nearest of each is read", async () => {
  const { others: plans } = await explainStores(async ({ relations }) => {
    const parents = { roomId: room, eventIds: ["first", "second"].map(eventNamed) };
    for (const direction of ["backward", "forward"] as const) {
      await relations.listRelated(parents, {}, { direction, from: undefined, to: undefined }, 10);
    }
    await relations.listRelatedIds(parents, { relType: "m.thread" }, 10);
  });
  for (const [name, plan] of plans) {
    const read = plan.flatMap((line, index) => (lookup(line) === undefined ? [] : [plan[index + 1]]));
    // As the index gives it, without all of it being sorted: only then is it brought together.
    assert.deepEqual(read, ["SCAN page", "SCAN page"], name);
  }
  assert.equal(plans.size, 3);
});

test("who relates to an event, and how, is looked up by an index, however it is asked", () => {
  const ofParent = "parent_id=? AND room_id=?";
  const place = "(depth,position)<(?,?)";
  const found = [...others].filter(([name]) => name.startsWith("event_relations.related-by"));
  assert.deepEqual(
    Object.fromEntries(found.map(([name, plan]) => [name, plan.flatMap((line) => lookup(line) ?? [])])),
    {
      "event_relations.related-by-sender-type": [
        ...[eventById, `event_relations_of_parent_by_sender (${ofParent} AND sender=? AND rel_type=? AND ${place})`],
      ],
      "event_relations.related-by-sender": [
        eventById,
        `event_relations_of_parent_by_sender (${ofParent} AND sender=?)`,
      ],
      "event_relations.related-by-type": [
        ...[eventById, `event_relations_of_parent_by_type (${ofParent} AND rel_type=? AND ${place})`],
      ],
    },
  );
});

test("the statements of every store's every method were looked at", () => {
  assert.deepEqual(unusedMethods, []);
});

/** Not a scan: a row without a table, a list of values, what a sub-query has found (`waiting`, `page` and `chain` are). */
const scan = /^SCAN (?!CONSTANT ROW|\d+-ROW VALUES|\(subquery|(?:waiting|page|chain|asked|changer|came|went)$)/;

/** Where a line of a plan looks up rows of a table, and by which columns. */
function lookup(line: string): string | undefined {
  return /^SEARCH \w+ (?:EXISTS )?USING (?:INTEGER |COVERING )*(?:INDEX )?([^(]+\((?:[^()]|\([^()]*\))+\))/.exec(
    line,
  )?.[1];
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
