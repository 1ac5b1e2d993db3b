import { hash } from "node:crypto";
import type { DeviceOwner } from "../../kernel/requester.ts";
import type { Reading } from "../../kernel/unit-of-work.ts";
import type { FallbackKeyStore } from "../../one-time-keys/fallback-key-store.ts";
import type { OneTimeKeyStore } from "../../one-time-keys/one-time-key-store.ts";
import { findKeyCounts, type KeyCounts } from "../../one-time-keys/tell-counts.ts";

/** State, not stream: every answer has it (rule S1). */
export function keyCountsSection(
  stores: { readonly oneTimeKeys: Reading<OneTimeKeyStore>; readonly fallbackKeys: Reading<FallbackKeyStore> },
  owner: DeviceOwner,
): Promise<KeyCounts> {
  return findKeyCounts(stores, owner);
}

/** Goes into the token, so that a claim between two polls is never missed: 64 bits tell one state from the next. */
export function digestOfCounts({ oneTimeKeys, unusedFallbackKeys }: KeyCounts): string {
  const state = JSON.stringify([Object.entries(oneTimeKeys).sort(), unusedFallbackKeys]);
  return hash("sha256", state, "base64url").slice(0, 11);
}
