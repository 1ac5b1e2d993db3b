import { hash } from "node:crypto";
import type { Clock } from "../kernel/clock.ts";
import { type Random, randomSecret } from "../kernel/random.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { AccessTokenStore } from "./access-token-store.ts";
import type { RefreshToken, RefreshTokenStore } from "./refresh-token-store.ts";

export interface TokenStores {
  readonly accessTokens: AccessTokenStore;
  readonly refreshTokens: RefreshTokenStore;
}

/** What a client gets; none of it is stored. */
export interface IssuedTokens {
  readonly accessToken: string;
  /** Absent where the access token does not expire. */
  readonly refresh?: { readonly token: string; readonly expiresInMs: number };
}

/** How long an access token lives that can be refreshed, in ms. */
const accessTokenLifetime = 60 * 60_000;

/** Pairs that may replace one refresh token before one of them is used: beyond it the oldest ends. */
const mostSuccessors = 5;

/** What is stored of a token: finding a row by it compares no secret, so there is nothing to time. */
export function tokenDigest(token: string): Buffer {
  return hash("sha256", token, "buffer");
}

/** Inside a unit: a token for a client that does not refresh. It lives until it is ended. */
export async function issueLastingToken(
  deps: { readonly clock: Clock; readonly random: Random },
  stores: TokenStores,
  { userId, deviceId }: DeviceOwner,
): Promise<IssuedTokens> {
  const accessToken = newAccessToken(deps.random);
  await stores.accessTokens.add({
    digest: tokenDigest(accessToken),
    userId,
    deviceId,
    createdAt: deps.clock.now(),
    expiresAt: undefined,
    refreshDigest: undefined,
    predecessor: undefined,
  });
  return { accessToken };
}

/**
 * Inside a unit: an access token that expires, and a refresh token.
 *
 * @param predecessor the refresh token that they replace; it stays good until one of the new ones is used
 */
export async function issueTokenPair(
  deps: { readonly clock: Clock; readonly random: Random },
  stores: TokenStores,
  { userId, deviceId }: DeviceOwner,
  predecessor?: Buffer,
): Promise<IssuedTokens> {
  const now = deps.clock.now();
  const accessToken = newAccessToken(deps.random);
  const refreshToken = `clr_${randomSecret(deps.random)}`;
  const refreshDigest = tokenDigest(refreshToken);
  await stores.refreshTokens.add({ digest: refreshDigest, userId, deviceId, predecessor }, now);
  await stores.accessTokens.add({
    digest: tokenDigest(accessToken),
    userId,
    deviceId,
    createdAt: now,
    expiresAt: now + accessTokenLifetime,
    refreshDigest,
    predecessor,
  });
  return { accessToken, refresh: { token: refreshToken, expiresInMs: accessTokenLifetime } };
}

/** Inside a unit: makes room for one more pair that replaces this refresh token. */
export async function limitSuccessors(stores: TokenStores, { digest, ...owner }: RefreshToken): Promise<void> {
  const successors = await stores.refreshTokens.listSuccessors(owner, digest);
  const ended = successors.slice(0, Math.max(0, successors.length + 1 - mostSuccessors));
  await removePairs(stores, owner, ended);
}

/**
 * Inside a unit, when a token of a pair is used for the first time: the pair that it replaces ends, and so do the other
 * pairs that were issued in its place (the client tried again because an answer was lost).
 * https://spec.matrix.org/v1.19/client-server-api/#refreshing-access-tokens
 */
export async function endPredecessor(stores: TokenStores, used: RefreshToken): Promise<void> {
  if (used.predecessor === undefined) return;
  const successors = await stores.refreshTokens.listSuccessors(used, used.predecessor);
  const others = successors.filter((digest) => !digest.equals(used.digest));
  await removePairs(stores, used, [used.predecessor, ...others]);
  await stores.accessTokens.forgetPredecessor(used, used.digest);
  await stores.refreshTokens.forgetPredecessor(used.digest);
}

/** Inside a unit: ends every token of a device. */
export async function removeTokensOfDevice(stores: TokenStores, owner: DeviceOwner): Promise<void> {
  await stores.accessTokens.removeOfDevice(owner);
  await stores.refreshTokens.removeOfDevice(owner);
}

async function removePairs(stores: TokenStores, owner: DeviceOwner, refreshDigests: readonly Buffer[]): Promise<void> {
  if (refreshDigests.length === 0) return;
  await stores.accessTokens.removeIssuedWith(owner, refreshDigests);
  await stores.refreshTokens.remove(owner, refreshDigests);
}

/** The prefix lets people and scanners of leaked secrets see what it is. */
function newAccessToken(random: Random): string {
  return `cla_${randomSecret(random)}`;
}
