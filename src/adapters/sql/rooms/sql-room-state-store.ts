import type { RoomEvent } from "../../../domain/rooms/room-event.ts";
import type { RoomStateStore, Snapshot, StatePoint } from "../../../domain/rooms/room-state-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import type { DeltaRow, SnapshotRow, StatePlace, StateRow } from "../dialect/room-statements.ts";
import type { SqlSession } from "../session.ts";
import { eventOf } from "./room-event-row.ts";

export function sqlRoomStateStore(session: SqlSession): RoomStateStore {
  const { db, hot } = session;
  return {
    async listCurrent(roomId, places) {
      return (await hot.listCurrent(roomId, places)).map(eventOf);
    },
    async listPageAfter(event, { from, until }, limit) {
      const rows = await hot.listStatePage(event.roomId, from, until, limit + 1);
      const behind = rows.length > limit ? rows.pop() : undefined;
      const next = behind && ([behind.type, behind.state_key ?? ""] as const);
      return { events: await asAfter(event, rows), next };
    },
    async findSnapshot(roomId, id) {
      const one = db
        .selectFrom("state_snapshots")
        .select(["snapshot_id", "parent_id", "height"])
        .where("room_id", "=", roomId)
        .where("snapshot_id", "=", id);
      const row = await session.first("state_snapshots.find", one);
      return row && snapshotOf(row);
    },
    async findAncestor(roomId, id, height) {
      const oldest = (await hot.listChain(roomId, id, height - 1)).at(-1);
      return oldest?.height === height ? oldest.snapshot_id : undefined;
    },
    async listChanges(roomId, id, above) {
      const chain = await hot.listChain(roomId, id, above);
      const rows = await listDeltas(roomId, chain);
      const heights = new Map(chain.map((snapshot) => [snapshot.snapshot_id, snapshot.height]));
      return rows.map((row) => ({
        type: row.type,
        stateKey: row.state_key,
        eventId: (row.event_id ?? undefined) as EventId | undefined,
        height: heights.get(row.snapshot_id) ?? 0,
      }));
    },
    async addSnapshot(roomId, { id, parentId, height }, changes) {
      const rows = changes.map(({ type, stateKey, eventId }) => {
        return { type, state_key: stateKey, event_id: eventId ?? null };
      });
      await hot.addSnapshot(roomId, { snapshot_id: id, parent_id: parentId ?? null, height }, rows);
    },
    async listAt(roomId, id, places) {
      return (await hot.listAt(roomId, id, places)).map(eventOf);
    },
  };

  /** Of the state in force, in order: what was at these places after an event, which is the same where nothing came since. */
  async function asAfter(
    { roomId, position, stateAfter }: StatePoint,
    rows: readonly StateRow[],
  ): Promise<RoomEvent[]> {
    const changed = rows.filter((row) => row.taken_at > position);
    const [first, last] = [changed[0], changed.at(-1)];
    if (!first || !last) return rows.map(eventOf);
    const earlier = await listAtBetween(roomId, stateAfter, [keyOf(first), keyOf(last)]);
    return rows.flatMap((row) => (row.taken_at > position ? (earlier.get(placeOf(row)) ?? []) : eventOf(row)));
  }

  /** By place: what a snapshot has between two places. */
  async function listAtBetween(roomId: string, id: number, between: readonly [StatePlace, StatePlace]) {
    const newest = new Map<string, string | null>();
    for (const row of await listDeltas(roomId, await hot.listChain(roomId, id, 0), between)) {
      if (!newest.has(placeOf(row))) newest.set(placeOf(row), row.event_id);
    }
    const events = await hot.listEvents([...newest.values()].filter((eventId) => eventId !== null));
    const byId = new Map(events.map((row) => [row.event_id, eventOf(row)]));
    return new Map([...newest].map(([place, eventId]) => [place, eventId === null ? undefined : byId.get(eventId)]));
  }

  /** In the order of the chain. */
  async function listDeltas(
    roomId: string,
    chain: readonly SnapshotRow[],
    between?: readonly [StatePlace, StatePlace],
  ): Promise<DeltaRow[]> {
    const ids = chain.map((snapshot) => snapshot.snapshot_id);
    const bySnapshot = Map.groupBy(await hot.listDeltas(roomId, ids, between), (row) => row.snapshot_id);
    return ids.flatMap((id) => bySnapshot.get(id) ?? []);
  }
}

function keyOf(row: StateRow): StatePlace {
  return [row.type, row.state_key ?? ""];
}

/** Names a place, for maps. No type has the character between the two: it cannot be stored. */
function placeOf(row: { readonly type: string; readonly state_key: string | null }): string {
  return `${row.type}\0${row.state_key ?? ""}`;
}

function snapshotOf(row: SnapshotRow): Snapshot {
  return { id: row.snapshot_id, parentId: row.parent_id ?? undefined, height: row.height };
}
