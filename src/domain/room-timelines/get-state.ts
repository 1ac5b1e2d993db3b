import { isOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { noPage, pagesFrom } from "../kernel/pages.ts";
import type { Requester } from "../kernel/requester.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import type { StateKey } from "../rooms/authorisation/auth-event.ts";
import { wholeState } from "../rooms/long-state.ts";
import { findEndOfView, requireView, type ViewStores } from "./room-view.ts";
import { type ShowingStateStores, showState, showStateAfter } from "./show-state.ts";
import type { ShownEvent } from "./shown-event.ts";

export interface GetStateDeps {
  readonly snapshots: Snapshots<ViewStores & ShowingStateStores>;
}

/**
 * The state of a room, page by page: for who has left it, as it was then.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstate
 *
 * @throws MatrixError `M_FORBIDDEN`
 */
export async function getState(
  { snapshots }: GetStateDeps,
  requester: Requester,
  roomId: RoomId,
): Promise<AsyncIterable<readonly ShownEvent[]>> {
  const first = await snapshots.read(async (stores) => {
    const view = await requireView(stores, requester.userId, roomId);
    const end = await findEndOfView(stores, view);
    return end ? showStateAfter(end, wholeState, view.lastEvent)(stores) : noPage;
  });
  return pagesFrom(snapshots, first);
}

/**
 * As `getState`, the event at one place.
 * @throws MatrixError `M_FORBIDDEN`, `M_NOT_FOUND` where there is none
 */
export async function getStateEvent(
  deps: GetStateDeps,
  requester: Requester,
  { roomId, type, stateKey }: { readonly roomId: RoomId; readonly type: string; readonly stateKey: string },
): Promise<ShownEvent> {
  return deps.snapshots.read(async (stores) => {
    const { lastEvent } = await requireView(stores, requester.userId, roomId);
    // What cannot be stored is not looked for.
    const places: StateKey[] = isOpaqueText(type) && isStateKey(stateKey) ? [[type, stateKey]] : [];
    const state = lastEvent
      ? await stores.roomState.listAt(roomId, lastEvent.stateAfter, places)
      : await stores.roomState.listCurrent(roomId, places);
    const [shown] = await showState(stores, state, lastEvent);
    if (!shown) throw new MatrixError("M_NOT_FOUND", "The room has no state of this type and key");
    return shown;
  });
}

function isStateKey(text: string): boolean {
  return text === "" || isOpaqueText(text);
}
