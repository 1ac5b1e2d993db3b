import type { UserId } from "../../protocol/identifiers/user-id.ts";

/** What a local user proves itself with. */
export interface CredentialStore {
  /** A PHC string; `undefined` for an unknown user, and for one that has no password (any more). */
  findPasswordHash(userId: UserId): Promise<string | undefined>;
  /** For an account that exists. */
  putPasswordHash(userId: UserId, phc: string): Promise<void>;
  removePasswordHash(userId: UserId): Promise<void>;
}
