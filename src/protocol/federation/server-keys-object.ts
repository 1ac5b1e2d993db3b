import { canonicalJson } from "../canonical-json.ts";
import type { ServerName } from "../identifiers/server-name.ts";
import { emptyObject, isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { MatrixError } from "../matrix-error.ts";
import { signatureOf, signingBytes, verifySignatureText } from "../signed-json.ts";
import { decodeUnpaddedBase64 } from "../unpadded-base64.ts";
import { isServerKeyId } from "./key-id.ts";

export interface VerifyKey {
  readonly keyId: string;
  /** Unpadded base64 of 32 bytes. */
  readonly publicKey: string;
}

export interface OldVerifyKey extends VerifyKey {
  /** Ms since the epoch. */
  readonly expiredAt: number;
}

/** The keys of a server as it has signed them. */
export interface ServerKeysObject {
  /** At least one: each of them has signed the object. */
  readonly verifyKeys: readonly VerifyKey[];
  /** Those that expired last, the latest first. */
  readonly oldVerifyKeys: readonly OldVerifyKey[];
  /** Ms since the epoch: what the server says, however late. */
  readonly validUntil: number;
  /** Canonical JSON of all of it, with the signatures of `verifyKeys` alone. */
  readonly json: string;
}

/** Of keys in use, and of old ones that are taken of an object: no server needs more. */
const mostKeys = 16;

/** Characters of an object. */
const longestObject = 32_768;

/**
 * Reads what `server` (or a notary) says of the keys of `server`, and verifies that the server itself has signed it.
 * Only ed25519 keys are taken, and of those in use only such as have signed the object: whoever publishes a key must
 * have it. Never throws: `undefined` for another shape, another server, no good signature, or too much of it.
 * https://spec.matrix.org/v1.19/server-server-api/#publishing-keys
 */
export function parseServerKeys(value: JsonValue | undefined, server: ServerName): ServerKeysObject | undefined {
  if (!isJsonObject(value) || value["server_name"] !== server) return undefined;
  const validUntil = timeOf(value["valid_until_ts"]);
  const current = keysOf(value["verify_keys"]);
  const old = keysOf(value["old_verify_keys"] ?? {});
  if (validUntil === undefined || !current || !old) return undefined;
  const oldVerifyKeys: OldVerifyKey[] = [];
  for (const { member, ...key } of old) {
    const expiredAt = timeOf(member["expired_ts"]);
    if (expiredAt === undefined) return undefined;
    oldVerifyKeys.push({ ...key, expiredAt });
  }
  const expired = new Set(oldVerifyKeys.map(({ keyId }) => keyId));
  const published = current.filter(({ keyId }) => !expired.has(keyId)).filter(isUnderstood);
  if (published.length > mostKeys) return undefined;
  const proven = provenKeys(value, server, published);
  if (!proven) return undefined;
  oldVerifyKeys.sort((one, other) => other.expiredAt - one.expiredAt);
  return { ...proven, oldVerifyKeys: oldVerifyKeys.filter(isUnderstood).slice(0, mostKeys), validUntil };
}

/** `undefined` where one is missing its `key`. */
function keysOf(value: JsonValue | undefined): (VerifyKey & { readonly member: JsonObject })[] | undefined {
  if (!isJsonObject(value)) return undefined;
  const keys: (VerifyKey & { member: JsonObject })[] = [];
  for (const [keyId, member] of Object.entries(value)) {
    const publicKey = isJsonObject(member) ? member["key"] : undefined;
    if (!isJsonObject(member) || typeof publicKey !== "string") return undefined;
    keys.push({ keyId, publicKey, member });
  }
  return keys;
}

function isUnderstood({ keyId, publicKey }: VerifyKey): boolean {
  return isServerKeyId(keyId) && decodeUnpaddedBase64(publicKey)?.length === 32;
}

function timeOf(value: JsonValue | undefined): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The keys whose signatures are good, and the object with these signatures. */
function provenKeys(object: JsonObject, server: ServerName, keys: readonly VerifyKey[]) {
  const bytes = bytesOf(object);
  if (bytes === undefined || bytes.length > longestObject) return undefined;
  const signatures = emptyObject<JsonValue>();
  const verifyKeys: VerifyKey[] = [];
  for (const { keyId, publicKey } of keys) {
    const signature = signatureOf(object, server, keyId);
    if (signature === undefined || !verifySignatureText(bytes, signature, publicKey)) continue;
    signatures[keyId] = signature;
    verifyKeys.push({ keyId, publicKey });
  }
  if (verifyKeys.length === 0) return undefined;
  const { unsigned: _, ...signed } = object;
  return { verifyKeys, json: canonicalJson({ ...signed, signatures: { [server]: signatures } }) };
}

function bytesOf(object: JsonObject): Buffer | undefined {
  try {
    return signingBytes(object);
  } catch (error) {
    if (error instanceof MatrixError) return undefined;
    throw error;
  }
}
