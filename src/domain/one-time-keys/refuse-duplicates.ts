import type { Errcode } from "../../protocol/errcodes.ts";
import { isJsonObject, type JsonValue } from "../../protocol/json.ts";
import type { OneTimeKey } from "../../protocol/keys/one-time-key.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { OneTimeKeyStore, PoolKey } from "./one-time-key-store.ts";

/** An id that is in the pool with another public key: the client has forgotten what it published (rule K4). */
export interface DuplicateOneTimeKey {
  readonly pooled: PoolKey;
  readonly uploaded: OneTimeKey;
}

/** Longer key objects, in characters, are left out of the error's text. */
const longestQuote = 2048;

export async function listDuplicates(
  store: Reading<OneTimeKeyStore>,
  owner: DeviceOwner,
  keys: readonly OneTimeKey[],
): Promise<DuplicateOneTimeKey[]> {
  if (keys.length === 0) return [];
  const uploadedById = new Map(keys.map((key) => [key.keyId, key]));
  const pool = await store.listPoolKeys(owner, [...uploadedById.keys()]);
  return pool.flatMap((pooled) => {
    const uploaded = uploadedById.get(pooled.keyId);
    return uploaded && !uploaded.digest.equals(pooled.digest) ? [{ pooled, uploaded }] : [];
  });
}

/** Rule K4's answer: released clients parse its text, newer ones read the errcode and the list. */
export function duplicateOneTimeKeyError(
  errcode: Errcode,
  duplicates: readonly [DuplicateOneTimeKey, ...DuplicateOneTimeKey[]],
): MatrixError {
  const [{ pooled, uploaded }] = duplicates;
  const quotes = [pooled.json, uploaded.json].map(quoteKey);
  const statement = `One time key ${pooled.keyId} already exists.`;
  const parsable = quotes.every((quote) => quote.length <= longestQuote && !quote.includes(";"));
  const message = parsable ? `${statement} Old key: ${quotes[0]}; new key: ${quotes[1]}` : statement;
  const conflicts = duplicates.map((duplicate) => duplicate.pooled.keyId);
  return new MatrixError(errcode, message, { fields: { "io.claviger.conflicts": conflicts } });
}

function quoteKey(json: string): string {
  const key: JsonValue = JSON.parse(json);
  return JSON.stringify(isJsonObject(key) ? { key: key["key"], signatures: key["signatures"] } : key);
}
