import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";

/** Whose devices or cross-signing keys a user must fetch anew, and whose it no longer hears of (rule S2). */
export interface DeviceListChanges {
  readonly changed: readonly UserId[];
  readonly left: readonly UserId[];
}

/** A device list that changed. */
export interface ListedChange {
  readonly userId: UserId;
  /** Who alone hears of it; `undefined`: everybody who hears of that user. */
  readonly listener: UserId | undefined;
}

/** Somebody has come to a room, or left it. */
export interface RoomMove {
  readonly userId: UserId;
  readonly roomId: RoomId;
  readonly kind: "came" | "left";
}

export interface ListedChanges {
  readonly changes: readonly ListedChange[];
  readonly moves: readonly RoomMove[];
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
   * What `userId` hears of since a position (rules S2, X6); nobody is in a list twice. Changed: those that share a room
   * with it now, and whose devices or cross-signing keys changed, or that shared none at that position; itself and who
   * is known across servers, when they changed; signature notices. Left: those that shared a room and share none now.
   *
   * May hold what happened after the newest position that the caller knows of, never leaves anything out.
   */
  listChanges(userId: UserId, since: StreamPosition): Promise<DeviceListChanges>;
  /**
   * What anybody hears of that changed after a position, up to another; new acquaintances and signature notices are
   * among it. At most `4 * limit` changes and `2 * limit` moves: where there are more, those from the beginning, at least
   * `limit - 2`.
   *
   * @param limit at least 4
   */
  listChangesBetween(after: StreamPosition, upTo: StreamPosition, limit: number): Promise<ListedChanges>;
}
