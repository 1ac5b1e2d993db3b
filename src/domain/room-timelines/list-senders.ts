import type { Reading } from "../kernel/unit-of-work.ts";
import type { RoomEvent, TimelineEvent } from "../rooms/room-event.ts";
import type { RoomStateStore } from "../rooms/room-state-store.ts";

/**
 * Inside a snapshot: the `m.room.member` events of who has sent some events of one room, as of the last of these.
 * https://spec.matrix.org/v1.19/client-server-api/#lazy-loading-room-members
 */
export async function listSenders(
  { roomState }: { readonly roomState: Reading<RoomStateStore> },
  events: readonly TimelineEvent[],
): Promise<RoomEvent[]> {
  const last = events.reduce<TimelineEvent | undefined>(
    (latest, event) => (latest && latest.position > event.position ? latest : event),
    undefined,
  );
  if (!last) return [];
  const senders = [...new Set(events.map(({ sender }) => sender))];
  return roomState.listAt(
    last.roomId,
    last.stateAfter,
    senders.map((sender) => ["m.room.member", sender]),
  );
}
