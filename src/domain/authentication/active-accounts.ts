import type { UserId } from "../../protocol/identifiers/user-id.ts";

/** Whose account here can be used: that of a user which is registered and not deactivated. */
export interface ActiveAccounts {
  hasActiveAccount(userId: UserId): Promise<boolean>;
}
