import { isJsonObject } from "../../protocol/json.ts";
import { longestIdentity } from "../../protocol/keys/given-keys.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { mostFallbackAlgorithms } from "../one-time-keys/put-fallback-keys.ts";

/** Characters of one key object: signed post-quantum keys have a few thousand. */
export const longestOneTimeKey = 16_384;

/**
 * Before the keys of an upload are parsed: that there are no more than could be stored. Up to twice the limit may be in
 * a request, for those that are known already are not stored (rule K6).
 *
 * @throws MatrixError `M_TOO_LARGE`
 */
export function refuseMasses(oneTimeKeys: unknown, fallbackKeys: Iterable<unknown>, limit: number): void {
  const mostOneTimeKeys = Math.max(1000, 2 * limit);
  requireAtMost(mostOneTimeKeys, oneTimeKeys, "one-time keys");
  for (const member of fallbackKeys) requireAtMost(mostFallbackAlgorithms, member, "fallback keys");
}

/** @throws MatrixError `M_TOO_LARGE` */
export function refuseLongOneTimeKeys(keys: Iterable<{ readonly keyId: string; readonly json: string }>): void {
  for (const { keyId, json } of keys) requireLength(longestOneTimeKey, json, keyId);
}

/** @throws MatrixError `M_TOO_LARGE` */
export function refuseLongIdentity(name: string, json: string): void {
  requireLength(longestIdentity, json, name);
}

function requireAtMost(most: number, members: unknown, what: string): void {
  if (!isJsonObject(members) || Object.keys(members).length <= most) return;
  throw new MatrixError("M_TOO_LARGE", `At most ${most} ${what} in one request`);
}

function requireLength(longest: number, json: string, what: string): void {
  if (json.length > longest) throw new MatrixError("M_TOO_LARGE", `${what} has more than ${longest} characters`);
}
