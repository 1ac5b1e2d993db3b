import assert from "node:assert/strict";
import { test } from "node:test";
import Sqlite from "better-sqlite3";
import { roomPath } from "../api/room-memberships/rooms.ts";
import { join, leave, newRoom, relate, say, setState, succeed } from "../api/room-timelines/timelines.ts";
import { sqlite } from "../races/race-engines.ts";
import { openSeededServers, phones } from "../races/seeded-server.ts";
import type { Client } from "../support/client.ts";
import { problemsOfRooms } from "./check-rooms.ts";
import { readConnection, readRoomRows } from "./room-rows.ts";

const message = "SELECT event_id FROM events WHERE type = 'm.room.message' LIMIT 1";
const member = "type = 'm.room.member' AND state_key LIKE '@user1%'";

/** One wrong row each. */
const damages: readonly string[] = [
  "UPDATE rooms SET joined_members = joined_members + 1",
  "UPDATE rooms SET invited_members = 1",
  "UPDATE rooms SET event_position = event_position - 1",
  "UPDATE rooms SET depth = depth + 1",
  "UPDATE rooms SET state_after = state_after - 1",
  "UPDATE rooms SET last_snapshot = last_snapshot + 1",
  "DELETE FROM rooms",
  "UPDATE stream SET position = position - 1",
  `DELETE FROM events WHERE event_id = (${message})`,
  `UPDATE events SET content = '{"body":"another"}' WHERE event_id = (${message})`,
  `UPDATE events SET sender = '@user2:localhost' WHERE event_id = (${message})`,
  "UPDATE events SET position = -position",
  "UPDATE events SET state_before = state_before - 1 WHERE type = 'm.room.topic'",
  "UPDATE events SET state_after = state_after - 1 WHERE type = 'm.room.message'",
  "UPDATE events SET replaces_event_id = NULL WHERE type = 'm.room.topic'",
  "UPDATE events SET redacted_by = NULL",
  "DELETE FROM forward_extremities",
  "UPDATE forward_extremities SET depth = depth + 1",
  `DELETE FROM room_state WHERE ${member}`,
  `UPDATE room_state SET position = position - 1 WHERE ${member}`,
  "DELETE FROM state_deltas WHERE type = 'm.room.topic'",
  "UPDATE state_snapshots SET parent_id = NULL WHERE parent_id IS NOT NULL",
  "UPDATE room_members SET membership = 'invite' WHERE user_id LIKE '@user1%'",
  "UPDATE room_members SET position = position + 1",
  "DELETE FROM room_stays WHERE user_id LIKE '@user1%'",
  "UPDATE room_stays SET left_at = 9007199254740991",
  "DELETE FROM event_relations",
  "UPDATE event_relations SET position = position + 1",
  "UPDATE event_relations SET key_digest = 'another' WHERE rel_type = 'm.annotation'",
  "DELETE FROM threads WHERE sender = ''",
  "DELETE FROM threads WHERE sender <> ''",
  "UPDATE threads SET events = events + 1",
  "UPDATE threads SET last_position = last_position - 1",
  "UPDATE sent_events SET user_id = '@user2:localhost'",
  `UPDATE sent_events SET event_id = (${message})`,
  "UPDATE receipts SET event_position = event_position + 1",
  "UPDATE typing SET user_id = '@nobody:localhost'",
];

async function live([alice, bob]: readonly Client[]): Promise<void> {
  const roomId = await newRoom(alice!);
  await join(bob!, roomId);
  await setState(alice!, roomId, "m.room.topic", { topic: "1" });
  await setState(alice!, roomId, "m.room.topic", { topic: "2" });
  const said = await say(bob!, roomId, "said");
  await relate(alice!, roomId, said, "m.reference");
  await relate(alice!, roomId, said, "m.annotation", { "m.relates_to": { key: "+1" } }, "m.reaction");
  await relate(alice!, roomId, said, "m.thread", { body: "reply" });
  const unsaid = await relate(bob!, roomId, said, "m.thread", { body: "last reply" });
  await succeed(bob!.request("PUT", roomPath(roomId, `/redact/${encodeURIComponent(unsaid)}/txn`), {}));
  const taken = await say(bob!, roomId, "taken back");
  await succeed(bob!.request("PUT", roomPath(roomId, `/redact/${encodeURIComponent(taken)}/txn`), {}));
  await succeed(bob!.post(roomPath(roomId, `/receipt/m.read/${encodeURIComponent(said)}`), {}));
  await succeed(alice!.request("PUT", roomPath(roomId, `/typing/${alice!.userId}`), { typing: true }));
  await leave(bob!, roomId);
}

test("the checker of rooms finds whatever does not follow from the events", async (t) => {
  const { clients, place } = await openSeededServers(t, { engine: sqlite, servers: 1 }, phones("user", 2));
  await live(clients);
  assert.deepEqual(problemsOfRooms(await readRoomRows(place)), []);
  assert.equal(place.engine, "sqlite");
  const database = new Sqlite(place.path);
  try {
    for (const damage of damages) {
      // Read by the same connection, which then takes it back: the server never sees it.
      database.exec("BEGIN");
      assert.ok(database.prepare(damage).run().changes > 0, damage);
      assert.notDeepEqual(problemsOfRooms(await readConnection(database)), [], damage);
      database.exec("ROLLBACK");
    }
  } finally {
    database.close();
  }
});
