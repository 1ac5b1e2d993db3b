import { createPrivateKey, createPublicKey, randomBytes, sign } from "node:crypto";
import type { SigningKey } from "../../../src/domain/federation-out/signing-key.ts";
import { encodeUnpaddedBase64 } from "../../../src/protocol/unpadded-base64.ts";

/** https://spec.matrix.org/v1.19/appendices/#cryptographic-test-vectors */
export const specSeed = Buffer.from("YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1", "base64");

/** The ed25519 key of a seed of 32 bytes, or a new one. */
export function seedSigner(keyId: string, seed: Uint8Array = randomBytes(32)): SigningKey {
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32);
  return {
    keyId,
    publicKey: encodeUnpaddedBase64(publicKey),
    sign: (bytes) => encodeUnpaddedBase64(sign(null, bytes, key)),
  };
}
