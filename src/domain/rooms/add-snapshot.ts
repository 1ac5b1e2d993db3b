import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import { placeOf } from "./place-of.ts";
import type { SnapshotId } from "./room-event.ts";
import type { RoomStateStore, StateChange } from "./room-state-store.ts";

/** Changes that one snapshot keeps at most: so many rows one event may write. */
const mostChanges = 1024;

/**
 * Inside a unit that has the room: the state that a state event leads to. Half of all snapshots hold one change, a quarter
 * two, and so on: one of height h goes back to h without its lowest bit, so that the chain of parents to any of them has
 * at most 10 + h / 1024 links (docs/decisions/0017).
 *
 * @param id a new one
 * @param before the snapshot that the change is made to; `undefined` for a room's first
 */
export async function addSnapshot(
  roomState: RoomStateStore,
  roomId: RoomId,
  id: SnapshotId,
  before: SnapshotId | undefined,
  change: StateChange,
): Promise<void> {
  const previous = before === undefined ? undefined : await roomState.findSnapshot(roomId, before);
  const height = (previous?.height ?? 0) + 1;
  const lowestBit = height & -height;
  const parentHeight = height - Math.min(lowestBit, mostChanges);
  if (previous === undefined || parentHeight === previous.height) {
    await roomState.addSnapshot(roomId, { id, parentId: previous?.id, height }, [change]);
    return;
  }
  const parentId = parentHeight === 0 ? undefined : await roomState.findAncestor(roomId, previous.id, parentHeight);
  const changes = new Map<string, StateChange>([[placeOf(change), change]]);
  for (const older of await roomState.listChanges(roomId, previous.id, parentHeight)) {
    const place = placeOf(older);
    if (!changes.has(place)) changes.set(place, older);
  }
  await roomState.addSnapshot(roomId, { id, parentId, height }, [...changes.values()]);
}
