import { createPublicKey, verify } from "node:crypto";
import { canonicalJson } from "./canonical-json.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import { decodeUnpaddedBase64 } from "./unpadded-base64.ts";

/** What stands before the 32 bytes of an ed25519 public key in DER (SubjectPublicKeyInfo, RFC 8410). */
const derPrefix = Buffer.from("302a300506032b6570032100", "hex");

/**
 * The bytes that a signature is made over: canonical JSON without `signatures` and `unsigned`.
 * https://spec.matrix.org/v1.19/appendices/#signing-json
 *
 * @throws MatrixError M_BAD_JSON when the object has no canonical JSON
 */
export function signingBytes(object: JsonObject): Buffer {
  const { signatures: _, unsigned: __, ...signed } = object;
  return Buffer.from(canonicalJson(signed));
}

/** What signs: an ed25519 key with its id. */
export interface Signer {
  /** `ed25519:` and the key's version. */
  readonly keyId: string;
  /** The signature over these bytes, unpadded base64. */
  sign(bytes: Uint8Array): string;
}

/**
 * A copy of the object with one signature more: https://spec.matrix.org/v1.19/appendices/#signing-details
 * A `signatures` that is no object is replaced.
 *
 * @param signer user id or server name
 * @throws MatrixError M_BAD_JSON when the object has no canonical JSON
 */
export function signJson(object: JsonObject, signer: string, key: Signer): JsonObject {
  const signatures = isJsonObject(object["signatures"]) ? object["signatures"] : {};
  const ofSigner = Object.hasOwn(signatures, signer) && isJsonObject(signatures[signer]) ? signatures[signer] : {};
  const signature = key.sign(signingBytes(object));
  return { ...object, signatures: { ...signatures, [signer]: { ...ofSigner, [key.keyId]: signature } } };
}

/** The signature by one key of one signer (a user id or server name), or undefined where there is none. */
export function signatureOf(object: JsonObject, signer: string, keyId: string): string | undefined {
  const { signatures } = object;
  // hasOwn, because `constructor` is a valid server name.
  if (!isJsonObject(signatures) || !Object.hasOwn(signatures, signer)) return undefined;
  const ofSigner = signatures[signer];
  if (!isJsonObject(ofSigner) || !Object.hasOwn(ofSigner, keyId)) return undefined;
  const signature = ofSigner[keyId];
  return typeof signature === "string" ? signature : undefined;
}

/**
 * Verifies the signature that an object carries: https://spec.matrix.org/v1.19/appendices/#checking-for-a-signature
 * Never throws: whatever is absent or malformed does not verify.
 *
 * @param signer user id or server name
 * @param keyId the signing key's id, such as `ed25519:DEVICE`
 * @param publicKey its ed25519 public key, unpadded base64
 */
export function verifySignature(object: JsonObject, signer: string, keyId: string, publicKey: string): boolean {
  const signature = signatureOf(object, signer, keyId);
  if (signature === undefined) return false;
  try {
    return verifySignatureText(signingBytes(object), signature, publicKey);
  } catch {
    return false;
  }
}

/** Verifies an ed25519 signature over bytes; signature and key are unpadded base64. Never throws. */
export function verifySignatureText(bytes: Uint8Array, signature: string, publicKey: string): boolean {
  const rawKey = decodeUnpaddedBase64(publicKey);
  const rawSignature = decodeUnpaddedBase64(signature);
  if (rawKey?.length !== 32 || rawSignature?.length !== 64) return false;
  try {
    const key = createPublicKey({ key: Buffer.concat([derPrefix, rawKey]), format: "der", type: "spki" });
    return verify(null, bytes, key, rawSignature);
  } catch {
    return false;
  }
}
