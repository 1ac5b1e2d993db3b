import type { PageReader } from "../kernel/pages.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { StateKey } from "./authorisation/auth-event.ts";
import type { RoomEvent } from "./room-event.ts";
import type { RoomStateStore, StatePoint, StateRange } from "./room-state-store.ts";

const memberType = "m.room.member";
/** Types have no NUL, so that none is between these two; and none is longer than 255 bytes. */
const behindMembers = `${memberType}\u0001`;
const behindEveryType = "\u{10ffff}".repeat(64);

const start: StateKey = ["", ""];

export const wholeState: readonly StateRange[] = [{ from: start, until: behindEveryType }];
export const membersOnly: readonly StateRange[] = [{ from: [memberType, ""], until: behindMembers }];
export const besideMembers: readonly StateRange[] = [
  { from: start, until: memberType },
  { from: [behindMembers, ""], until: behindEveryType },
];

/** Events of a page: some ms of work at most. */
export const statePageLength = 200;

interface StateStores {
  readonly roomState: Reading<RoomStateStore>;
}

/**
 * The state after an event, or parts of it, by type and state key. A room has as many members as there are users: its
 * state is never in memory as a whole, and as it is read page by page the room may go on.
 */
export function stateAfter(event: StatePoint, ranges: readonly StateRange[]): PageReader<StateStores, RoomEvent> {
  return async ({ roomState }) => {
    const items: RoomEvent[] = [];
    for (const [index, range] of ranges.entries()) {
      const { events, next } = await roomState.listPageAfter(event, range, statePageLength - items.length);
      items.push(...events);
      const left = [{ from: next ?? start, until: range.until }, ...ranges.slice(index + 1)];
      if (next) return { items, next: stateAfter(event, left) };
    }
    return { items, next: undefined };
  };
}
