import type { UserId } from "../../protocol/identifiers/user-id.ts";

/** One waiting sync. Subscribe before reading, so that a change between the reading and the waiting is not missed. */
export interface Subscription {
  /** Resolves on the next wake since the subscription or the last `wait`, at the latest after `milliseconds`. */
  wait(milliseconds: number): Promise<"woken" | "timeout" | "closed">;
  /** Ends the subscription; a pending `wait` resolves as "closed". */
  close(): void;
}

/** Wakes waiting syncs, by user. It holds no data: who is woken reads the database. */
export interface Notifier {
  subscribe(userId: UserId): Subscription;
}
