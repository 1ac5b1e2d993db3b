import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { EventStore, TimelinePlace } from "../rooms/event-store.ts";
import type { VisibilityStores } from "../rooms/visibility/list-visible.ts";
import { standingIn } from "../rooms/visibility/standings.ts";
import { findLastSeen } from "./room-view.ts";
import { placeBehind } from "./timeline-places.ts";

/** How much of a room's history a user may see. */
export interface Sight {
  /** Whether it is all of it, so that no event has to be looked at. */
  readonly isWhole: boolean;
  /** Behind it nothing is seen; `undefined`: there is no such place. */
  readonly upTo: TimelinePlace | undefined;
}

export interface SightStores extends VisibilityStores {
  readonly events: Reading<EventStore>;
}

/** Inside a snapshot: one read for members of rooms whose history has always been open to them. */
export async function findSight(stores: SightStores, userId: UserId, roomId: RoomId): Promise<Sight> {
  const state = await stores.roomState.listCurrent(roomId, [
    ["m.room.history_visibility", ""],
    ["m.room.member", userId],
  ]);
  const { historyVisibility, membership } = standingIn(state);
  if (membership === "join") {
    const isOpen = historyVisibility === "shared" || historyVisibility === "world_readable";
    const hasChanged = state.some(({ type, replaces }) => type !== "m.room.member" && replaces !== undefined);
    return { isWhole: isOpen && !hasChanged, upTo: undefined };
  }
  const last = await findLastSeen(stores, userId, roomId);
  return { isWhole: false, upTo: last && placeBehind(last) };
}
