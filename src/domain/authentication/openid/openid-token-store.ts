import type { UserId } from "../../../protocol/identifiers/user-id.ts";

/** Tokens with which users show others who they are. Times are ms since the epoch. */
export interface OpenidTokenStore {
  /** Under the token's SHA-256. */
  add(digest: Buffer, userId: UserId, expiresAt: number): Promise<void>;
  /** `undefined` for a token that is unknown or has expired by `now`. */
  findUser(digest: Buffer, now: number): Promise<UserId | undefined>;
  forgetExpired(now: number): Promise<void>;
}
