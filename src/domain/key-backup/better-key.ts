import type { KeyRank } from "./key-backup-store.ts";

/**
 * Whether a key that is uploaded takes the place of the one that is there, of the same session. What is as good changes
 * nothing. https://spec.matrix.org/v1.19/client-server-api/#server-side-key-backups
 */
export function isBetterKey(uploaded: KeyRank, stored: KeyRank): boolean {
  if (uploaded.isVerified !== stored.isVerified) return uploaded.isVerified;
  if (uploaded.firstMessageIndex !== stored.firstMessageIndex) {
    return uploaded.firstMessageIndex < stored.firstMessageIndex;
  }
  return uploaded.forwardedCount < stored.forwardedCount;
}
