import { canonicalJson } from "../../protocol/canonical-json.ts";
import { emptyObject, isJsonObject, type JsonObject, type JsonValue } from "../../protocol/json.ts";
import type { CrossSigningKeyStore } from "../cross-signing/cross-signing-key-store.ts";
import type { KeySignatureStore } from "../cross-signing/key-signature-store.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import { renderMasterKey } from "./render-master-key.ts";

export interface ForgettingStores {
  readonly crossSigningKeys: CrossSigningKeyStore;
  readonly keySignatures: KeySignatureStore;
}

/**
 * Inside a unit, when a device or its identity has gone: so do the signatures on it, and those that it made on its
 * owner's master key, whether uploaded by themselves or together with that key (rules X5, S4, K9).
 */
export async function forgetDeviceSignatures(
  stores: ForgettingStores,
  { userId, deviceId }: DeviceOwner,
): Promise<void> {
  const keyId = `ed25519:${deviceId}`;
  await stores.keySignatures.removeOn({ userId, key: deviceId });
  await stores.keySignatures.removeMadeBy(userId, keyId);
  const master = (await stores.crossSigningKeys.listKeys(userId)).find((key) => key.usage === "master");
  if (!master) return;
  const json = withoutSignature(master.json, userId, keyId);
  await stores.crossSigningKeys.put(userId, { ...master, json }, json);
  await renderMasterKey(stores, userId);
}

function withoutSignature(json: string, signer: string, keyId: string): string {
  const object: unknown = JSON.parse(json);
  if (!isJsonObject(object) || !isJsonObject(object["signatures"])) return json;
  const bySigner = object["signatures"][signer];
  if (!isJsonObject(bySigner) || !Object.hasOwn(bySigner, keyId)) return json;
  const kept = Object.entries(bySigner).filter(([name]) => name !== keyId);
  const signatures: JsonObject = { [signer]: Object.assign(emptyObject<JsonValue>(), Object.fromEntries(kept)) };
  return canonicalJson({ ...object, signatures });
}
