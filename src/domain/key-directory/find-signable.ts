import { parseDeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import { signatureOf } from "../../protocol/signed-json.ts";
import type { CrossSigningKeyStore } from "../cross-signing/cross-signing-key-store.ts";
import type { KeySignatureStore, SignedKey } from "../cross-signing/key-signature-store.ts";
import type { DeviceKeyStore } from "../device-keys/device-key-store.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { GivenKeys, OthersKeys } from "./query-others-master-keys.ts";

export interface SignableStores {
  readonly deviceKeys: Reading<DeviceKeyStore>;
  readonly crossSigningKeys: Reading<CrossSigningKeyStore>;
  readonly keySignatures: Reading<KeySignatureStore>;
}

/** A key object that the requester may sign, and with which of its keys (rule X5). */
export interface Signable {
  readonly kind: "own-device" | "own-master-key" | "others-master-key";
  readonly target: SignedKey;
  readonly object: JsonObject;
  /** The public key of a signing key of the requester; `undefined` when that key may not sign this object. */
  signingKey(keyId: string): string | undefined;
  /** The requester's signature by that key that is here already. */
  knownSignature(keyId: string): string | undefined;
}

/**
 * @param others keys that others' appservices and servers have just given; they count before those that are stored
 * @throws MatrixError `M_NOT_FOUND` for a key that is not here, `M_INVALID_SIGNATURE` for one nobody may sign
 */
export async function findSignable(
  stores: SignableStores,
  signer: UserId,
  target: SignedKey,
  others: OthersKeys,
): Promise<Signable> {
  const { kind, json, signers } = await findObject(stores, signer, target, others);
  const object: unknown = JSON.parse(json);
  if (!isJsonObject(object)) throw new TypeError("A stored key is not an object");
  const stored = await stores.keySignatures.listSignatures(target);
  return {
    kind,
    target,
    object,
    signingKey: (keyId) => signers.get(keyId),
    knownSignature: (keyId) =>
      stored.find((signature) => signature.signer === signer && signature.keyId === keyId)?.signature ??
      signatureOf(object, signer, keyId),
  };
}

interface FoundObject {
  readonly kind: Signable["kind"];
  readonly json: string;
  /** By key id. */
  readonly signers: ReadonlyMap<string, string>;
}

async function findObject(
  stores: SignableStores,
  signer: UserId,
  { userId, key }: SignedKey,
  others: OthersKeys,
): Promise<FoundObject> {
  const given = others.get(userId);
  const stored = await stores.crossSigningKeys.listKeys(userId);
  const signed = [...(given?.crossSigningKeys ?? []), ...stored].find(({ publicKey }) => publicKey === key);
  if (signed && signed.usage !== "master") {
    throw new MatrixError("M_INVALID_SIGNATURE", "Only the master key signs self-signing and user-signing keys");
  }
  if (signed && userId === signer) {
    return { kind: "own-master-key", json: signed.json, signers: await ownDevices(stores, signer) };
  }
  if (signed)
    return { kind: "others-master-key", json: signed.json, signers: await ownKey(stores, signer, "user_signing") };
  const deviceId = parseDeviceId(key);
  const device = deviceId && (await stores.deviceKeys.findDeviceKeys({ userId, deviceId }));
  if (userId !== signer && (device || given?.devices.has(key))) {
    throw new MatrixError("M_INVALID_SIGNATURE", "Only their owner signs a user's devices");
  }
  if (!device) throw new MatrixError("M_NOT_FOUND", notFound(given));
  return { kind: "own-device", json: device.json, signers: await ownKey(stores, signer, "self_signing") };
}

function notFound(given: GivenKeys | undefined): string {
  if (!given?.failure) return "There is no such device or master key";
  return `The key is not known here, and its owner's server does not give it: ${given.failure.error}`;
}

async function ownKey(stores: SignableStores, userId: UserId, usage: "self_signing" | "user_signing") {
  const keys = (await stores.crossSigningKeys.listKeys(userId)).filter((key) => key.usage === usage);
  return new Map(keys.map(({ publicKey }) => [`ed25519:${publicKey}`, publicKey]));
}

async function ownDevices(stores: SignableStores, userId: UserId): Promise<Map<string, string>> {
  const devices = new Map<string, string>();
  for (const { deviceId } of await stores.deviceKeys.listRendered([userId])) {
    const keys = await stores.deviceKeys.findDeviceKeys({ userId, deviceId });
    if (keys?.ed25519) devices.set(`ed25519:${deviceId}`, keys.ed25519);
  }
  return devices;
}
