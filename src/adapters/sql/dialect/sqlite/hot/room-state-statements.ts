import {
  type DeltaRow,
  type EventRow,
  eventColumns,
  type RoomStateStatements,
  type SnapshotRow,
  type StateRow,
} from "../../room-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

/** The state of rooms, now and in the past. Large states do not hold the event loop. */
export function roomStateStatements(connection: SqliteConnection): RoomStateStatements {
  return { ...currentState(connection), ...pastState(connection) };
}

function currentState(connection: SqliteConnection): Pick<RoomStateStatements, "listCurrent" | "listStatePage"> {
  const giveWay = connection.givingWay();
  const one = connection.prepare<[string, string, string], EventRow>(
    "room_state.find",
    `SELECT ${eventColumns} FROM room_state state JOIN events event ON event.event_id = state.event_id
     WHERE state.room_id = +? AND state.type = +? AND state.state_key = +?`,
  );
  const page = connection.prepare<[string, string, string, string, number], StateRow>(
    "room_state.page",
    `SELECT ${eventColumns}, state.position AS taken_at
     FROM room_state state JOIN events event ON event.event_id = state.event_id
     WHERE state.room_id = +? AND (state.type, state.state_key) >= (+?, +?) AND state.type < +?
     ORDER BY state.type, state.state_key LIMIT +?`,
  );
  return {
    async listCurrent(roomId, places) {
      return places.flatMap(([type, stateKey]) => one.first(roomId, type, stateKey) ?? []);
    },
    async listStatePage(roomId, from, until, limit) {
      await giveWay();
      return page.all(roomId, ...from, until, limit);
    },
  };
}

function pastState(connection: SqliteConnection): Omit<RoomStateStatements, "listCurrent" | "listStatePage"> {
  const add = connection.prepare<[string, number, number | null, number], never>(
    "state_snapshots.add",
    "INSERT INTO state_snapshots (room_id, snapshot_id, parent_id, height) VALUES (?, ?, ?, ?)",
  );
  const addDelta = connection.prepare<[string, number, string, string, string | null], never>(
    "state_deltas.add",
    "INSERT INTO state_deltas (room_id, snapshot_id, type, state_key, event_id) VALUES (?, ?, ?, ?, ?)",
  );
  const chain = connection.prepare<[string, number, string, number], SnapshotRow>(
    "state_snapshots.chain",
    `WITH RECURSIVE chain (snapshot_id, parent_id, height) AS (
       SELECT snapshot_id, parent_id, height FROM state_snapshots WHERE room_id = ? AND snapshot_id = ?
       UNION ALL
       SELECT parent.snapshot_id, parent.parent_id, parent.height FROM chain CROSS JOIN state_snapshots parent
       WHERE parent.room_id = ? AND parent.snapshot_id = chain.parent_id AND parent.height > ?)
     SELECT snapshot_id, parent_id, height FROM chain ORDER BY height DESC`,
  );
  const deltas = connection.prepare<[string, number], DeltaRow>(
    "state_deltas.list",
    `SELECT snapshot_id, type, state_key, event_id FROM state_deltas WHERE room_id = +? AND snapshot_id = +?
     ORDER BY type, state_key`,
  );
  const between = connection.prepare<[string, number, string, string, string, string], DeltaRow>(
    "state_deltas.between",
    `SELECT snapshot_id, type, state_key, event_id FROM state_deltas
     WHERE room_id = +? AND snapshot_id = +? AND (type, state_key) >= (+?, +?) AND (type, state_key) <= (+?, +?)
     ORDER BY type, state_key`,
  );
  const delta = connection.prepare<[string, number, string, string], { event_id: string | null }>(
    "state_deltas.find",
    "SELECT event_id FROM state_deltas WHERE room_id = ? AND snapshot_id = ? AND type = ? AND state_key = ?",
  );
  const event = connection.prepare<[string], EventRow>(
    "state_deltas.event",
    `SELECT ${eventColumns} FROM events event WHERE event.event_id = ?`,
  );
  return {
    async addSnapshot(roomId, { snapshot_id, parent_id, height }, changes) {
      add.run(roomId, snapshot_id, parent_id, height);
      for (const { type, state_key, event_id } of changes) {
        addDelta.run(roomId, snapshot_id, type, state_key, event_id);
      }
    },
    async listChain(roomId, id, above) {
      return chain.all(roomId, id, roomId, above);
    },
    async listDeltas(roomId, ids, places) {
      const giveWay = connection.givingWay();
      const rows: DeltaRow[] = [];
      for (const id of ids) {
        const found = places ? between.all(roomId, id, ...places[0], ...places[1]) : deltas.all(roomId, id);
        for (const row of found) rows.push(row);
        await giveWay();
      }
      return rows;
    },
    async listAt(roomId, id, places) {
      const snapshots = chain.all(roomId, id, roomId, 0);
      return places.flatMap(([type, stateKey]) => {
        for (const { snapshot_id } of snapshots) {
          const found = delta.first(roomId, snapshot_id, type, stateKey);
          if (found) return found.event_id === null ? [] : (event.first(found.event_id) ?? []);
        }
        return [];
      });
    },
  };
}
