import type { SigningKey } from "../../../src/domain/federation-out/signing-key.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import { signJson } from "../../../src/protocol/signed-json.ts";

export interface PublishedKeys {
  /** In use, and what the object is signed with unless `signedBy` says otherwise. */
  readonly keys: readonly SigningKey[];
  readonly old?: readonly { readonly key: SigningKey; readonly expiredAt: number }[];
  /** Ms since the epoch. */
  readonly validUntil: number;
  readonly signedBy?: readonly SigningKey[];
}

/** The object with which a server publishes its keys. */
export function signServerKeys(
  server: string,
  { keys, old = [], validUntil, signedBy = keys }: PublishedKeys,
): JsonObject {
  const object: JsonObject = {
    server_name: server,
    verify_keys: Object.fromEntries(keys.map(({ keyId, publicKey }) => [keyId, { key: publicKey }])),
    old_verify_keys: Object.fromEntries(
      old.map(({ key, expiredAt }) => [key.keyId, { key: key.publicKey, expired_ts: expiredAt }]),
    ),
    valid_until_ts: validUntil,
  };
  return signedBy.reduce((signed, key) => signJson(signed, server, key), { ...object, signatures: {} } as JsonObject);
}
