import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type { SignatureCheck, SignatureVerifier } from "../../domain/kernel/signature-verifier.ts";
import { decodeUnpaddedBase64 } from "../../protocol/unpadded-base64.ts";

/** What stands before the 32 bytes of an ed25519 public key in DER (RFC 8410). */
const derPrefix = Buffer.from("302a300506032b6570032100", "hex");

/** Checks ed25519 signatures on libuv's threads, so that an upload of 50 keys holds the event loop for none of them. */
export const threadPoolSignatureVerifier: SignatureVerifier = {
  verify(checks) {
    // The checks of an upload share their key.
    const keys = new Map<string, KeyObject | undefined>();
    return Promise.all(checks.map((check) => verifyOne(check, keys)));
  },
};

function verifyOne(check: SignatureCheck, keys: Map<string, KeyObject | undefined>): Promise<boolean> {
  const signature = decodeUnpaddedBase64(check.signature);
  if (signature?.length !== 64) return Promise.resolve(false);
  if (!keys.has(check.publicKey)) keys.set(check.publicKey, publicKeyOf(check.publicKey));
  const key = keys.get(check.publicKey);
  if (!key) return Promise.resolve(false);
  return new Promise((resolve) => {
    verify(null, check.bytes, key, signature, (error, valid) => resolve(!error && valid));
  });
}

function publicKeyOf(text: string): KeyObject | undefined {
  const raw = decodeUnpaddedBase64(text);
  if (raw?.length !== 32) return undefined;
  try {
    return createPublicKey({ key: Buffer.concat([derPrefix, raw]), format: "der", type: "spki" });
  } catch {
    // Not every 32 bytes are a point on the curve.
    return undefined;
  }
}
