import { canonicalJson } from "../canonical-json.ts";
import type { UserId } from "../identifiers/user-id.ts";
import { isJsonObject, type JsonObject } from "../json.ts";
import { MatrixError } from "../matrix-error.ts";
import { decodeUnpaddedBase64 } from "../unpadded-base64.ts";
import { requireSignatures, type Signatures } from "./signatures.ts";

/** What a cross-signing key is for. */
export type CrossSigningUsage = "master" | "self_signing" | "user_signing";

/** A cross-signing key of an upload or of another server; the shape is checked, the signatures are not. */
export interface CrossSigningKey {
  userId: UserId;
  usage: CrossSigningUsage;
  /** `ed25519:P`, where P is the public key. */
  keyId: string;
  publicKey: string;
  /** Canonical JSON without `unsigned`. */
  json: string;
  /** The object without `unsigned`. */
  value: JsonObject;
  /** Empty where the object has none. */
  signatures: Signatures;
}

/**
 * Parses a cross-signing key (rule X3). https://spec.matrix.org/v1.19/client-server-api/#cross-signing
 *
 * @param value the object; `unsigned` in it is dropped
 * @param usage the usage that it must have
 * @param owner the user that it must belong to
 * @throws MatrixError M_BAD_JSON when it is not an object or not canonical JSON, M_INVALID_PARAM naming the member
 * when that is wrong
 */
export function parseCrossSigningKey(value: unknown, usage: CrossSigningUsage, owner: UserId): CrossSigningKey {
  const where = `${usage}_key`;
  if (!isJsonObject(value)) throw new MatrixError("M_BAD_JSON", `${where} must be an object`);
  if (value.user_id !== owner) throw invalid(where, `"user_id" must be ${owner}`);
  requireUsage(value.usage, usage, where);
  const publicKey = requirePublicKey(value.keys, where);
  const given = value.signatures;
  const signatures = given === undefined ? {} : requireSignatures(given, where, "M_INVALID_PARAM");
  const { unsigned: _, ...signed } = value;
  const json = canonicalJson(signed, where);
  return { userId: owner, usage, keyId: `ed25519:${publicKey}`, publicKey, json, value: signed, signatures };
}

function requireUsage(value: unknown, usage: CrossSigningUsage, where: string): void {
  if (Array.isArray(value) && value.includes(usage) && value.every((entry) => typeof entry === "string")) return;
  throw invalid(where, `"usage" must be an array of strings with "${usage}"`);
}

function requirePublicKey(keys: unknown, where: string): string {
  const entries = isJsonObject(keys) ? Object.entries(keys) : [];
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) throw invalid(where, '"keys" must be an object with exactly one key');
  const [keyId, publicKey] = entry;
  if (typeof publicKey !== "string" || decodeUnpaddedBase64(publicKey)?.length !== 32) {
    throw invalid(where, '"keys" must hold an ed25519 public key: unpadded base64 of 32 bytes');
  }
  if (keyId !== `ed25519:${publicKey}`) throw invalid(where, '"keys" must name its key "ed25519:<the public key>"');
  return publicKey;
}

function invalid(where: string, problem: string): MatrixError {
  return new MatrixError("M_INVALID_PARAM", `${where}: ${problem}`);
}
