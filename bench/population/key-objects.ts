import { type KeyObject, sign } from "node:crypto";
import { canonicalJson } from "../../src/protocol/canonical-json.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { encodeUnpaddedBase64 } from "../../src/protocol/unpadded-base64.ts";
import { type Device, opaqueText, privateKeyOf, publicKeyText } from "./identities.ts";

/** As a client uploads it, and as it is served once its user has cross-signed it. */
export function deviceKeys(device: Device, selfSigningKey: string) {
  const { userId, deviceId } = device;
  const ed25519 = publicKeyText(privateKeyOf(deviceId));
  const curve25519 = opaqueText(`curve25519 ${deviceId}`, 32);
  const signature = opaqueText(`signature ${deviceId}`, 64);
  const crossSignature = opaqueText(`cross-signature ${deviceId}`, 64);
  const object = {
    algorithms: ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
    device_id: deviceId,
    keys: { [`curve25519:${deviceId}`]: curve25519, [`ed25519:${deviceId}`]: ed25519 },
    signatures: { [userId]: { [`ed25519:${deviceId}`]: signature } },
    user_id: userId,
  };
  const signatures = {
    [userId]: { [`ed25519:${deviceId}`]: signature, [`ed25519:${selfSigningKey}`]: crossSignature },
  };
  const unsigned = { device_display_name: "app.example.org: Firefox on Linux" };
  const rendered = JSON.stringify({ ...object, signatures, unsigned });
  return { ed25519, curve25519, json: canonicalJson(object), rendered, crossSignature };
}

/** A user's three cross-signing keys, as they are stored and served. */
export function crossSigningKeys(userId: string) {
  const publicKeys = { master: "", self_signing: "", user_signing: "" };
  const usages = ["master", "self_signing", "user_signing"] as const;
  for (const usage of usages) publicKeys[usage] = opaqueText(`${usage} ${userId}`, 32);
  return usages.map((usage) => {
    const publicKey = publicKeys[usage];
    const signer = usage === "master" ? "DEVICEONEA" : publicKeys.master;
    const json = canonicalJson({
      keys: { [`ed25519:${publicKey}`]: publicKey },
      signatures: { [userId]: { [`ed25519:${signer}`]: opaqueText(`signature on ${publicKey}`, 64) } },
      usage: [usage],
      user_id: userId,
    });
    return { usage, publicKey, json };
  });
}

export interface OneTimeKeyObject {
  readonly keyId: string;
  readonly publicKey: string;
  readonly json: string;
}

/** @param signingKey the device's; without it the signature only looks like one */
export function oneTimeKey(device: Device, number: number, signingKey?: KeyObject): OneTimeKeyObject {
  const { userId, deviceId } = device;
  // Clients write a 64-bit counter, the low bytes last.
  const counter = Buffer.alloc(8);
  counter.writeUInt32BE(number, 4);
  const publicKey = opaqueText(`one-time ${deviceId} ${number}`, 32);
  const unsigned: JsonObject = { key: publicKey };
  const signature = signingKey
    ? encodeUnpaddedBase64(sign(null, Buffer.from(canonicalJson(unsigned)), signingKey))
    : opaqueText(`signature ${publicKey}`, 64);
  const json = canonicalJson({ ...unsigned, signatures: { [userId]: { [`ed25519:${deviceId}`]: signature } } });
  return { keyId: `signed_curve25519:${encodeUnpaddedBase64(counter)}`, publicKey, json };
}
