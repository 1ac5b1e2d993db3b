import { type OneTimeKey, parseFallbackKeys } from "../../protocol/keys/one-time-key.ts";

/**
 * The fallback keys of an upload, one per algorithm, from the members that name them: the stable one and those of the
 * draft of MSC2732. Where several name an algorithm the earlier member wins (rule K7).
 *
 * @throws MatrixError `M_BAD_JSON` where a member has two keys of one algorithm
 */
export function mergeFallbackKeys(members: Readonly<Record<string, unknown>>): OneTimeKey[] {
  const byAlgorithm = new Map<string, OneTimeKey>();
  for (const [member, value] of Object.entries(members)) {
    for (const key of parseFallbackKeys(member, value)) {
      if (!byAlgorithm.has(key.algorithm)) byAlgorithm.set(key.algorithm, key);
    }
  }
  return [...byAlgorithm.values()];
}
