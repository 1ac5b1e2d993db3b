import {
  type DeltaRow,
  type EventRow,
  eventColumns,
  type RoomStateStatements,
  type SnapshotRow,
  type StatePlace,
  type StateRow,
} from "../../room-statements.ts";
import type { StatementRunner } from "../statement-runner.ts";
import type { SharedStatement } from "../transaction-batches.ts";
import { forEachKey } from "./for-each.ts";

const current = `SELECT ${eventColumns} FROM room_state state JOIN events event ON event.event_id = state.event_id`;

const findCurrent = forEachKey<{ roomId: string; place: StatePlace }, EventRow, readonly EventRow[]>({
  name: "room_state.find",
  parameters: { room_id: "text", type: "text", state_key: "text" },
  select: `${current} WHERE state.room_id = asked.room_id AND state.type = asked.type AND state.state_key = asked.state_key`,
  values: ({ roomId, place }) => [roomId, ...place],
  answer: (rows) => rows,
});

const listPage = forEachKey<
  { roomId: string; from: StatePlace; until: string; limit: number },
  StateRow,
  readonly StateRow[]
>({
  name: "room_state.page",
  parameters: { room_id: "text", type: "text", state_key: "text", until: "text", most: "int" },
  select: `SELECT ${eventColumns}, state.position AS taken_at
    FROM room_state state JOIN events event ON event.event_id = state.event_id
    WHERE state.room_id = asked.room_id AND (state.type, state.state_key) >= (asked.type, asked.state_key)
      AND state.type < asked.until
    ORDER BY state.type, state.state_key LIMIT asked.most`,
  order: "type, state_key",
  values: ({ roomId, from, until, limit }) => [roomId, ...from, until, limit],
  answer: (rows) => rows,
});

/** A snapshot and its ancestors, with the words for which these are. */
const chain = (roomId: string, id: string, above: string) => `WITH RECURSIVE chain (snapshot_id, parent_id, height) AS (
    SELECT snapshot_id, parent_id, height FROM state_snapshots WHERE room_id = ${roomId} AND snapshot_id = ${id}
    UNION ALL
    SELECT parent.snapshot_id, parent.parent_id, parent.height FROM chain
    JOIN state_snapshots parent ON parent.room_id = ${roomId} AND parent.snapshot_id = chain.parent_id
    WHERE parent.height > ${above})`;

const chainText = `${chain("$1", "$2", "$3")} SELECT snapshot_id, parent_id, height FROM chain ORDER BY height DESC`;

const findAt = forEachKey<{ roomId: string; id: number; place: StatePlace }, EventRow, readonly EventRow[]>({
  name: "state_deltas.find",
  parameters: { room_id: "text", snapshot_id: "bigint", type: "text", state_key: "text" },
  select: `${chain("asked.room_id", "asked.snapshot_id", "0")}
    SELECT ${eventColumns} FROM (
      SELECT delta.event_id FROM chain CROSS JOIN LATERAL (
        SELECT row.event_id FROM state_deltas row WHERE row.room_id = asked.room_id
          AND row.snapshot_id = chain.snapshot_id AND row.type = asked.type AND row.state_key = asked.state_key) delta
      ORDER BY chain.height DESC LIMIT 1) newest
    JOIN events event ON event.event_id = newest.event_id`,
  values: ({ roomId, id, place }) => [roomId, id, ...place],
  answer: (rows) => rows,
});

const deltas = (more: string) => `SELECT snapshot_id, type, state_key, event_id FROM state_deltas
  WHERE room_id = $1 AND snapshot_id = ANY ($2::bigint[])${more}
  ORDER BY snapshot_id, type, state_key`;

const deltasText = deltas("");
const deltasBetweenText = deltas(" AND (type, state_key) >= ($3, $4) AND (type, state_key) <= ($5, $6)");

interface NewSnapshot {
  readonly roomId: string;
  readonly snapshot: SnapshotRow;
  readonly changes: readonly Omit<DeltaRow, "snapshot_id">[];
}

const addText = `WITH added AS (
    INSERT INTO state_snapshots (room_id, snapshot_id, parent_id, height)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]))
  INSERT INTO state_deltas (room_id, snapshot_id, type, state_key, event_id)
  SELECT * FROM unnest($5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[])`;

const addSnapshots: SharedStatement<NewSnapshot, undefined> = {
  writes: true,
  async run(query, calls) {
    const rows = calls.flatMap(({ roomId, snapshot, changes }) =>
      changes.map((change) => ({ roomId, id: snapshot.snapshot_id, ...change })),
    );
    await query("state_snapshots.add", addText, [
      calls.map(({ roomId }) => roomId),
      calls.map(({ snapshot }) => snapshot.snapshot_id),
      calls.map(({ snapshot }) => snapshot.parent_id),
      calls.map(({ snapshot }) => snapshot.height),
      rows.map(({ roomId }) => roomId),
      rows.map(({ id }) => id),
      rows.map(({ type }) => type),
      rows.map(({ state_key }) => state_key),
      rows.map(({ event_id }) => event_id),
    ]);
    return calls.map(() => undefined);
  },
};

/** The state of rooms, now and in the past. */
export function roomStateStatements(runner: StatementRunner): RoomStateStatements {
  return {
    async listCurrent(roomId, places) {
      return (await Promise.all(places.map((place) => runner.together(findCurrent, { roomId, place })))).flat();
    },
    async listStatePage(roomId, from, until, limit) {
      return [...(await runner.together(listPage, { roomId, from, until, limit }))];
    },
    addSnapshot: (roomId, snapshot, changes) => runner.together(addSnapshots, { roomId, snapshot, changes }),
    async listChain(roomId, id, above) {
      return (await runner.read<SnapshotRow>("state_snapshots.chain", chainText, [roomId, id, above])).rows;
    },
    async listDeltas(roomId, ids, places) {
      if (!places) return (await runner.read<DeltaRow>("state_deltas.list", deltasText, [roomId, ids])).rows;
      const asked = [roomId, ids, ...places.flat()];
      return (await runner.read<DeltaRow>("state_deltas.between", deltasBetweenText, asked)).rows;
    },
    async listAt(roomId, id, places) {
      return (await Promise.all(places.map((place) => runner.together(findAt, { roomId, id, place })))).flat();
    },
  };
}
