import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { DeviceKeys } from "../../protocol/keys/device-keys.ts";
import type { OneTimeKey } from "../../protocol/keys/one-time-key.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { signatureOf, signingBytes } from "../../protocol/signed-json.ts";
import type { DeviceKeyStore } from "../device-keys/device-key-store.ts";
import type { Observer } from "../kernel/observer.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { SignatureVerifier } from "../kernel/signature-verifier.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";

export interface CheckUploadSignaturesDeps {
  readonly snapshots: Snapshots<{ deviceKeys: DeviceKeyStore }>;
  readonly observer: Observer;
  readonly signatureVerifier: SignatureVerifier;
  readonly keyRules: { readonly verifySignatures: "off" | "report" | "enforce" };
}

interface SignedUpload {
  readonly deviceKeys: DeviceKeys | undefined;
  readonly oneTimeKeys: readonly OneTimeKey[];
  readonly fallbackKeys: readonly OneTimeKey[];
}

/**
 * Before the unit: verifies what an upload carries under the device's ed25519 key, for that is slow (rule K8).
 * @returns called as the last check inside the unit: throws `M_INVALID_SIGNATURE` where signatures are enforced
 */
export async function checkUploadSignatures(
  deps: CheckUploadSignaturesDeps,
  owner: DeviceOwner,
  upload: SignedUpload,
): Promise<() => void> {
  const { verifySignatures } = deps.keyRules;
  if (verifySignatures === "off") return () => undefined;
  const bad = await listBadSignatures(deps, owner, upload);
  if (bad.length > 0) deps.observer.badKeySignatures(owner, bad);
  return () => {
    if (verifySignatures === "report" || bad.length === 0) return;
    throw new MatrixError("M_INVALID_SIGNATURE", `Not signed by this device's ed25519 key: ${bad.join(", ")}`);
  };
}

/** The names of the objects whose signature does not verify: `device_keys`, or key ids. */
async function listBadSignatures(
  { snapshots, signatureVerifier }: CheckUploadSignaturesDeps,
  owner: DeviceOwner,
  { deviceKeys, oneTimeKeys, fallbackKeys }: SignedUpload,
): Promise<string[]> {
  const signed: { name: string; object: JsonObject }[] = [];
  if (deviceKeys) signed.push({ name: "device_keys", object: JSON.parse(deviceKeys.json) as JsonObject });
  for (const { keyId, value } of [...oneTimeKeys, ...fallbackKeys]) {
    // A key of an unsigned algorithm is a bare string.
    if (isJsonObject(value)) signed.push({ name: keyId, object: value });
  }
  if (signed.length === 0) return [];
  const publicKey =
    deviceKeys?.ed25519 ?? (await snapshots.read((stores) => stores.deviceKeys.findDeviceKeys(owner)))?.ed25519 ?? "";
  const verdicts = await signatureVerifier.verify(
    signed.map(({ object }) => ({
      bytes: signingBytes(object),
      signature: signatureOf(object, owner.userId, `ed25519:${owner.deviceId}`) ?? "",
      publicKey,
    })),
  );
  return signed.filter((_, index) => !verdicts[index]).map(({ name }) => name);
}
