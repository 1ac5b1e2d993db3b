import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { DeviceListChanges, DeviceListStore } from "./device-list-store.ts";

/** @param since `"unknown"`: what the user was told last is not of the present history (rule E5) */
export async function listDeviceListChanges(
  store: Reading<DeviceListStore>,
  userId: UserId,
  since: StreamPosition | "unknown",
): Promise<DeviceListChanges> {
  if (since !== "unknown") return store.listChanges(userId, since);
  // Everybody, oneself too: what is undone by a restore leaves no trace.
  const { changed } = await store.listChanges(userId, 0);
  return { changed: [...new Set([...changed, userId])], left: [] };
}
