import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";

/** A device list that changed. */
export interface ListedChange {
  readonly userId: UserId;
  /** Who alone hears of it; `undefined`: everybody who hears of that user. */
  readonly listener: UserId | undefined;
}

export interface ListedChanges {
  readonly changes: readonly ListedChange[];
  /** All changes up to here are among them. */
  readonly upTo: StreamPosition;
}

/** One row per user that says when its devices or cross-signing keys last changed. Each change takes a position. */
export interface DeviceListStore {
  /** `public`: everybody who sees the user's devices hears of it; `own`: the user's own devices alone (rule X6). */
  recordChange(userId: UserId, audience: "public" | "own"): Promise<void>;
  /** `signer` signed `target`'s master key and hears of it in its own sync, shared room or not (rule X6). */
  recordSignatureNotice(signer: UserId, target: UserId): Promise<void>;
  /**
   * Users whose changes `userId` hears of and that changed after `since` (the user itself among them), each once.
   * May hold users that changed after the newest position that the caller knows of, never leaves one out.
   */
  listChanged(userId: UserId, since: StreamPosition): Promise<UserId[]>;
  /**
   * What anybody hears of that changed after a position, up to another; new acquaintances and signature notices are
   * among it. At most `4 * limit` changes: where there are more, those from the beginning, at least `limit - 2`.
   *
   * @param limit at least 4
   */
  listChangesBetween(after: StreamPosition, upTo: StreamPosition, limit: number): Promise<ListedChanges>;
}
