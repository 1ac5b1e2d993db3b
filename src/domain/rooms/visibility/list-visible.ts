import type { RoomId } from "../../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../../protocol/identifiers/user-id.ts";
import type { Reading } from "../../kernel/unit-of-work.ts";
import type { Membership } from "../membership-store.ts";
import type { TimelineEvent } from "../room-event.ts";
import type { RoomStateStore } from "../room-state-store.ts";
import type { StayStore } from "../stay-store.ts";
import { readStandings, type Standing } from "./standings.ts";

export interface VisibilityStores {
  readonly roomState: Reading<RoomStateStore>;
  readonly stays: Reading<StayStore>;
}

/** An event that a user may see. */
export interface SeenEvent extends TimelineEvent {
  /** The user's membership with the event; `leave` for who has never had to do with the room. */
  readonly ownMembership: Membership;
}

/**
 * Of these events of one room, those that a user may see, in the same order. An event that changes what decides about it
 * is seen by whom either state lets see it. Whether the user may ask for the room at all is not looked at.
 * https://spec.matrix.org/v1.19/client-server-api/#room-history-visibility
 */
export async function listVisible(
  stores: VisibilityStores,
  userId: UserId,
  roomId: RoomId,
  events: readonly TimelineEvent[],
): Promise<SeenEvent[]> {
  const standingAt = await readStandings(stores.roomState, userId, roomId, events);
  const sights = events.map((event) => {
    const { stateBefore, stateAfter } = event;
    const standings =
      stateBefore === stateAfter ? [standingAt(stateAfter)] : [standingAt(stateBefore), standingAt(stateAfter)];
    return { event, sight: bestSight(standings), membership: standingAt(stateAfter).membership };
  });
  const hasConditions = sights.some(({ sight }) => sight === "if-joined-later");
  // Who has joined once more sees also what was sent in between: only when the last stay began matters.
  const lastStay = hasConditions ? await stores.stays.findLastStay(userId, roomId) : undefined;
  const lastJoin = lastStay?.joinedAt ?? 0;
  return sights.flatMap(({ event, sight, membership = "leave" }) => {
    const isVisible = sight === "yes" || (sight === "if-joined-later" && lastJoin > event.position);
    return isVisible ? [{ ...event, ownMembership: membership }] : [];
  });
}

type Sight = "yes" | "if-joined-later" | "no";

function bestSight(standings: readonly Standing[]): Sight {
  const sights = standings.map(sightOf);
  return (["yes", "if-joined-later"] as const).find((sight) => sights.includes(sight)) ?? "no";
}

/** The five rules, in their order. */
function sightOf({ historyVisibility, membership }: Standing): Sight {
  if (historyVisibility === "world_readable" || membership === "join") return "yes";
  if (historyVisibility === "shared") return "if-joined-later";
  return historyVisibility === "invited" && membership === "invite" ? "yes" : "no";
}
