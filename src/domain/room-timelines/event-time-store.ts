import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { TimelineEvent } from "../rooms/room-event.ts";

/** The events of rooms by the time at which their senders say that they sent them. */
export interface EventTimeStore {
  /**
   * `backward`: those of a time or earlier, `forward`: of it or later; the nearest first, and of one time in topological
   * order.
   *
   * @param time ms since the epoch
   */
  listNearest(roomId: RoomId, time: number, direction: "backward" | "forward", limit: number): Promise<TimelineEvent[]>;
}
