import type { RoomEvent } from "../../../domain/rooms/room-event.ts";
import type { RoomStateStore, Snapshot } from "../../../domain/rooms/room-state-store.ts";
import type { EventId } from "../../../protocol/identifiers/event-id.ts";
import type { DeltaRow, SnapshotRow } from "../dialect/room-statements.ts";
import type { SqlSession } from "../session.ts";
import { eventOf } from "./room-event-row.ts";

/** Rows that are worked on at once: some ms of work at most. */
const pageLength = 1000;

export function sqlRoomStateStore(session: SqlSession): RoomStateStore {
  const { db, hot } = session;
  return {
    async listCurrent(roomId, places) {
      return (await hot.listCurrent(roomId, places)).map(eventOf);
    },
    async listAllCurrent(roomId, types) {
      return (await hot.listAllCurrent(roomId, types)).map(eventOf);
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
    async listAllAt(roomId, id, types) {
      const places = await newestPlaces(roomId, id, types && new Set(types));
      const inForce = [...places].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row.event_id);
      return listInOrder(inForce.filter((eventId) => eventId !== null));
    },
  };

  /** By type and state key: what of a snapshot and its ancestors is the newest at each place. */
  async function newestPlaces(
    roomId: string,
    id: number,
    types: ReadonlySet<string> | undefined,
  ): Promise<Map<string, DeltaRow>> {
    const newest = new Map<string, DeltaRow>();
    const giveWay = session.givingWay();
    for (const [index, row] of (await listDeltas(roomId, await hot.listChain(roomId, id, 0))).entries()) {
      // No type has this character (it cannot be stored).
      const place = `${row.type}\0${row.state_key}`;
      if ((!types || types.has(row.type)) && !newest.has(place)) newest.set(place, row);
      if (index % pageLength === 0) await giveWay();
    }
    return newest;
  }

  async function listInOrder(eventIds: readonly string[]): Promise<RoomEvent[]> {
    const found: RoomEvent[] = [];
    for (let start = 0; start < eventIds.length; start += pageLength) {
      const page = eventIds.slice(start, start + pageLength);
      const byId = new Map((await hot.listEvents(page)).map((row) => [row.event_id, row]));
      for (const row of page.flatMap((eventId) => byId.get(eventId) ?? [])) found.push(eventOf(row));
    }
    return found;
  }

  /** In the order of the chain. */
  async function listDeltas(roomId: string, chain: readonly SnapshotRow[]): Promise<DeltaRow[]> {
    const ids = chain.map((snapshot) => snapshot.snapshot_id);
    const bySnapshot = Map.groupBy(await hot.listDeltas(roomId, ids), (row) => row.snapshot_id);
    return ids.flatMap((id) => bySnapshot.get(id) ?? []);
  }
}

function snapshotOf(row: SnapshotRow): Snapshot {
  return { id: row.snapshot_id, parentId: row.parent_id ?? undefined, height: row.height };
}
