import type { DeviceOwner } from "../kernel/requester.ts";

export interface AccessToken extends DeviceOwner {
  /** Ms since the epoch; `undefined`: it does not expire. */
  readonly expiresAt: number | undefined;
  /** Digest of the refresh token that ends when this token is first used; `undefined` once that has happened. */
  readonly predecessor: Buffer | undefined;
}

export interface NewAccessToken extends AccessToken {
  readonly digest: Buffer;
  /** Ms since the epoch. */
  readonly createdAt: number;
  /** Digest of the refresh token that was issued with it. */
  readonly refreshDigest: Buffer | undefined;
}

/** Access tokens, kept as SHA-256 digests only. */
export interface AccessTokenStore {
  findByDigest(digest: Buffer): Promise<AccessToken | undefined>;
  /** The refresh token that was issued with a token. */
  findRefreshDigest(digest: Buffer): Promise<Buffer | undefined>;
  add(token: NewAccessToken): Promise<void>;
  /** Removes the tokens that were issued with these refresh tokens. */
  removeIssuedWith(owner: DeviceOwner, refreshDigests: readonly Buffer[]): Promise<void>;
  /** The token that was issued with this refresh token has no predecessor any more. */
  forgetPredecessor(owner: DeviceOwner, refreshDigest: Buffer): Promise<void>;
  removeOfDevice(owner: DeviceOwner): Promise<void>;
}
