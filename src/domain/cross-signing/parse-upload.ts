import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { emptyObject, isJsonObject, type JsonObject, type JsonValue } from "../../protocol/json.ts";
import {
  type CrossSigningKey,
  type CrossSigningUsage,
  parseCrossSigningKey,
} from "../../protocol/keys/cross-signing-key.ts";

const members: readonly (readonly [string, CrossSigningUsage])[] = [
  ["master_key", "master"],
  ["self_signing_key", "self_signing"],
  ["user_signing_key", "user_signing"],
];

/**
 * The keys of a `device_signing/upload`, in the order master, self-signing, user-signing (rule X3). A signature by
 * somebody else, or by the user-signing key, is not for everybody's eyes and is dropped (rule Q3).
 *
 * @throws MatrixError `M_INVALID_PARAM` naming the key and what is wrong with it
 */
export function parseCrossSigningUpload(body: JsonObject, owner: UserId): CrossSigningKey[] {
  const sent = members.filter(([member]) => body[member] !== undefined);
  const keys = sent.map(([member, usage]) => parseCrossSigningKey(body[member], usage, owner));
  const userSigning = keys.find((key) => key.usage === "user_signing");
  return keys.map((key) => {
    const value = withOwnSignatures(key.value, owner, userSigning?.keyId);
    return parseCrossSigningKey(value, key.usage, owner);
  });
}

function withOwnSignatures(value: JsonObject, owner: UserId, hiddenKeyId: string | undefined): JsonObject {
  const { signatures, ...rest } = value;
  const own = isJsonObject(signatures) && Object.hasOwn(signatures, owner) ? signatures[owner] : undefined;
  if (!isJsonObject(own)) return rest;
  const kept = emptyObject<JsonValue>();
  for (const [keyId, signature] of Object.entries(own)) if (keyId !== hiddenKeyId) kept[keyId] = signature;
  return { ...rest, signatures: { [owner]: kept } };
}
