import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { DeviceListStore } from "./device-list-store.ts";

/** Whose devices or cross-signing keys a user must fetch anew, and whose it no longer hears of (rule S2). */
export interface DeviceListChanges {
  readonly changed: readonly UserId[];
  /** Nobody, as long as nobody can leave a room. */
  readonly left: readonly UserId[];
}

export async function listDeviceListChanges(
  store: Reading<DeviceListStore>,
  userId: UserId,
  since: StreamPosition | "unknown",
): Promise<DeviceListChanges> {
  if (since !== "unknown") return { changed: await store.listChanged(userId, since), left: [] };
  // Everybody, oneself too: what is undone by a restore leaves no trace (rule E5).
  return { changed: [...new Set([...(await store.listChanged(userId, 0)), userId])], left: [] };
}
