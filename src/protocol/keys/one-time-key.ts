import { hash } from "node:crypto";
import { canonicalJson } from "../canonical-json.ts";
import { parseKeyId } from "../identifiers/key-id.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { MatrixError } from "../matrix-error.ts";
import { shownText } from "../shown-text.ts";
import { requireSignatures } from "./signatures.ts";

/** A one-time or fallback key of an upload; its shape is checked, its signature is not. */
export interface OneTimeKey {
  /** The whole `algorithm:id`. */
  keyId: string;
  algorithm: string;
  /** The value's `key`, or the value itself for an unsigned key. */
  publicKey: string;
  /** What is remembered of the key once it is issued (rule K5). */
  digest: Buffer;
  /** Canonical JSON of the value, as sent. */
  json: string;
  value: string | JsonObject;
}

/**
 * Parses the `one_time_keys` of an upload (rule K2). Two ids with one public key are both returned.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3keysupload
 *
 * @param member the name of the member, for the message
 * @param value its value; undefined (absent) gives no keys
 * @throws MatrixError M_BAD_JSON naming the key and its member
 */
export function parseOneTimeKeys(member: string, value: unknown): OneTimeKey[] {
  if (value === undefined) return [];
  if (!isJsonObject(value)) throw new MatrixError("M_BAD_JSON", `${member} must be an object`);
  return Object.keys(value).map((keyId) => parseOneTimeKey(member, keyId, value[keyId]));
}

/**
 * Parses the `fallback_keys` of an upload: as `parseOneTimeKeys`, and at most one key per algorithm (rule K7).
 *
 * @throws MatrixError M_BAD_JSON naming the key and its member, or the algorithm
 */
export function parseFallbackKeys(member: string, value: unknown): OneTimeKey[] {
  const keys = parseOneTimeKeys(member, value);
  const seen = new Set<string>();
  for (const { algorithm } of keys) {
    if (seen.has(algorithm)) {
      throw new MatrixError("M_BAD_JSON", `${member}: more than one key of the algorithm ${shownText(algorithm)}`);
    }
    seen.add(algorithm);
  }
  return keys;
}

/** The first 16 bytes of SHA-256 over the algorithm, NUL and the public key (rule K5: no id, no signature). */
export function digestOfPublicKey(algorithm: string, publicKey: string): Buffer {
  return hash("sha256", `${algorithm}\0${publicKey}`, "buffer").subarray(0, 16);
}

function parseOneTimeKey(member: string, keyId: string, value: unknown): OneTimeKey {
  const parsed = parseKeyId(keyId);
  if (parsed === undefined) {
    throw new MatrixError("M_BAD_JSON", `${member}: ${shownText(keyId)}: a key ID must be "algorithm:id"`);
  }
  const where = `${member}: ${shownText(keyId)}`;
  const { algorithm } = parsed;
  if (typeof value !== "string" && !isJsonObject(value)) {
    throw new MatrixError("M_BAD_JSON", `${where}: the key must be a string or an object`);
  }
  const publicKey = typeof value === "string" ? value : publicKeyOf(value, where);
  if (publicKey.includes("\0")) throw new MatrixError("M_BAD_JSON", `${where}: the public key must not contain NUL`);
  const json = canonicalJson(value, where);
  return { keyId, algorithm, publicKey, digest: digestOfPublicKey(algorithm, publicKey), json, value };
}

function publicKeyOf(value: JsonObject, where: string): string {
  if (typeof value.key !== "string") throw new MatrixError("M_BAD_JSON", `${where}: "key" must be a string`);
  requireSignatures(value.signatures, where);
  return value.key;
}
