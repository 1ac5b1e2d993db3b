import type { DeviceOwner } from "../kernel/requester.ts";

export interface RefreshToken extends DeviceOwner {
  readonly digest: Buffer;
  /** Digest of the token that this one replaces, until either token of the new pair is used. */
  readonly predecessor: Buffer | undefined;
}

/** Refresh tokens, kept as SHA-256 digests only. */
export interface RefreshTokenStore {
  findByDigest(digest: Buffer): Promise<RefreshToken | undefined>;
  /** Digests of the tokens that replace this one and have not been used, oldest first. */
  listSuccessors(owner: DeviceOwner, predecessor: Buffer): Promise<Buffer[]>;
  /** @param createdAt ms since the epoch */
  add(token: RefreshToken, createdAt: number): Promise<void>;
  remove(owner: DeviceOwner, digests: readonly Buffer[]): Promise<void>;
  forgetPredecessor(digest: Buffer): Promise<void>;
  removeOfDevice(owner: DeviceOwner): Promise<void>;
}
