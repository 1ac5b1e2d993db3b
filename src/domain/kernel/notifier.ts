import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";

/** One waiting sync. Subscribe before reading, so that a change between the reading and the waiting is not missed. */
export interface Subscription {
  /**
   * From now on wakes of these rooms count as those of the user do, and those of no other rooms. A room that is new here
   * counts from the subscription on: which rooms there are may be read after it.
   */
  follow(roomIds: readonly RoomId[]): void;
  /** Resolves on the next wake since the subscription or the last `wait`, at the latest after `milliseconds`. */
  wait(milliseconds: number): Promise<"woken" | "timeout" | "closed">;
  /** Ends the subscription; a pending `wait` resolves as "closed". */
  close(): void;
}

/** Wakes waiting syncs, by user and by the rooms that they follow. It holds no data: who is woken reads the database. */
export interface Notifier {
  subscribe(userId: UserId): Subscription;
}
