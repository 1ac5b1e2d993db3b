import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject } from "../../protocol/json.ts";
import { renderWithSignatures } from "../../protocol/keys/render-key.ts";
import type { KeySignature, SignedKey } from "../cross-signing/key-signature-store.ts";

/** On others' master keys the viewer sees the signatures that it made itself on that very key (rule Q3). */
export function showOwnSignatures(
  masterKeys: Map<UserId, string>,
  signatures: readonly (KeySignature & SignedKey)[],
): void {
  for (const signature of signatures) {
    const json = masterKeys.get(signature.userId);
    if (json === undefined || !holdsKey(json, signature.key)) continue;
    masterKeys.set(signature.userId, renderWithSignatures(json, [signature]));
  }
}

function holdsKey(json: string, publicKey: string): boolean {
  const object: unknown = JSON.parse(json);
  const keys = isJsonObject(object) ? object["keys"] : undefined;
  return isJsonObject(keys) && Object.hasOwn(keys, `ed25519:${publicKey}`);
}
