import { givingWay } from "../../../../../domain/kernel/give-way.ts";
import {
  type DeltaRow,
  type EventRow,
  eventColumns,
  type RoomStateStatements,
  type SnapshotRow,
  type StatePlace,
} from "../../room-statements.ts";
import type { SqliteConnection } from "../sqlite-connection.ts";

/** Rows that are read at once: some ms of work at most. */
const pageLength = 200;

/** The state of rooms, now and in the past. Large states do not hold the event loop. */
export function roomStateStatements(connection: SqliteConnection): RoomStateStatements {
  return { ...currentState(connection), ...pastState(connection) };
}

function currentState(connection: SqliteConnection): Pick<RoomStateStatements, "listCurrent" | "listAllCurrent"> {
  const clock = { now: () => connection.wallClock(), monotonic: () => connection.now() };
  const current = `SELECT ${eventColumns} FROM room_state state JOIN events event ON event.event_id = state.event_id
    WHERE state.room_id = +?`;
  const one = connection.prepare<[string, string, string], EventRow>(
    "room_state.find",
    `${current} AND state.type = +? AND state.state_key = +?`,
  );
  const page = connection.prepare<[string, string, string, number], EventRow>(
    "room_state.page",
    `${current} AND (state.type, state.state_key) >= (+?, +?) ORDER BY state.type, state.state_key LIMIT +?`,
  );
  const pageOfType = connection.prepare<[string, string, string, number], EventRow>(
    "room_state.page-of-type",
    `${current} AND state.type = +? AND state.state_key >= +? ORDER BY state.state_key LIMIT +?`,
  );
  /** From a place to the last one that a statement has for it. */
  async function listFrom(statement: typeof page, roomId: string, [type, stateKey]: StatePlace): Promise<EventRow[]> {
    const giveWay = givingWay(clock);
    const rows = statement.all(roomId, type, stateKey, pageLength + 1);
    let found = rows.length;
    while (found > pageLength) {
      await giveWay();
      const next = rows.pop() as EventRow;
      const further = statement.all(roomId, next.type, next.state_key ?? "", pageLength + 1);
      rows.push(...further);
      found = further.length;
    }
    return rows;
  }
  return {
    async listCurrent(roomId, places) {
      return places.flatMap(([type, stateKey]) => one.first(roomId, type, stateKey) ?? []);
    },
    async listAllCurrent(roomId, types) {
      if (!types) return listFrom(page, roomId, ["", ""]);
      const rows: EventRow[] = [];
      for (const type of [...new Set(types)].sort()) {
        for (const row of await listFrom(pageOfType, roomId, [type, ""])) rows.push(row);
      }
      return rows;
    },
  };
}

function pastState(connection: SqliteConnection): Omit<RoomStateStatements, "listCurrent" | "listAllCurrent"> {
  const clock = { now: () => connection.wallClock(), monotonic: () => connection.now() };
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
    async listDeltas(roomId, ids) {
      const giveWay = givingWay(clock);
      const rows: DeltaRow[] = [];
      for (const id of ids) {
        for (const row of deltas.all(roomId, id)) rows.push(row);
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
