import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { canonicalJson } from "../../src/protocol/canonical-json.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { encodeUnpaddedBase64 } from "../../src/protocol/unpadded-base64.ts";

/** An ed25519 key pair that signs as its public key or as a device. */
export interface SigningPair {
  readonly publicKey: string;
  readonly privateKey: KeyObject;
}

export function signingPair(): SigningPair {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  return { publicKey: encodeUnpaddedBase64(raw), privateKey };
}

/** 32 random bytes look like any curve25519 public key. */
export function curve25519(): string {
  return encodeUnpaddedBase64(randomBytes(32));
}

/** `object` with one more signature; what it has already stays. */
export function signed<T extends JsonObject>(object: T, userId: string, keyId: string, by: SigningPair): T {
  const { signatures = {}, unsigned, ...content } = object;
  const signature = encodeUnpaddedBase64(sign(null, Buffer.from(canonicalJson(content)), by.privateKey));
  const all = signatures as Record<string, JsonObject>;
  return {
    ...object,
    ...(unsigned !== undefined && { unsigned }),
    signatures: { ...all, [userId]: { ...all[userId], [keyId]: signature } },
  };
}

/** A device with the keys that a client would upload for it. */
export class KeyedDevice {
  readonly userId: string;
  readonly deviceId: string;
  readonly ed25519 = signingPair();
  readonly curve25519 = curve25519();

  constructor({ userId, deviceId }: { userId: string; deviceId: string }) {
    this.userId = userId;
    this.deviceId = deviceId;
  }

  deviceKeys() {
    const { userId, deviceId } = this;
    return this.sign({
      user_id: userId,
      device_id: deviceId,
      algorithms: ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
      keys: { [`curve25519:${deviceId}`]: this.curve25519, [`ed25519:${deviceId}`]: this.ed25519.publicKey },
    });
  }

  oneTimeKey(key = curve25519()) {
    return this.sign({ key });
  }

  /** `signed_curve25519:<prefix>0` and so on. */
  oneTimeKeys(count: number, prefix = "AAA") {
    const ids = Array.from({ length: count }, (_, index) => `signed_curve25519:${prefix}${index}`);
    return Object.fromEntries(ids.map((id) => [id, this.oneTimeKey()]));
  }

  fallbackKey(id = "FALL") {
    return { [`signed_curve25519:${id}`]: this.sign({ key: curve25519(), fallback: true }) };
  }

  sign<T extends JsonObject>(object: T): T & { signatures: JsonObject } {
    return signed(object, this.userId, `ed25519:${this.deviceId}`, this.ed25519) as T & { signatures: JsonObject };
  }
}

type Usage = "master" | "self_signing" | "user_signing";

/** A user's cross-signing keys, as a client would make them. */
export class CrossSigningKeys {
  readonly userId: string;
  readonly master = signingPair();
  readonly selfSigning = signingPair();
  readonly userSigning = signingPair();

  constructor(userId: string) {
    this.userId = userId;
  }

  /** The body of `device_signing/upload`. */
  body() {
    return {
      master_key: this.masterKey(),
      self_signing_key: this.signedByMaster("self_signing", this.selfSigning),
      user_signing_key: this.signedByMaster("user_signing", this.userSigning),
    };
  }

  masterKey() {
    return this.#object("master", this.master);
  }

  signedByMaster(usage: Usage, pair: SigningPair) {
    return signed(this.#object(usage, pair), this.userId, `ed25519:${this.master.publicKey}`, this.master);
  }

  #object(usage: Usage, { publicKey }: SigningPair): JsonObject {
    return { user_id: this.userId, usage: [usage], keys: { [`ed25519:${publicKey}`]: publicKey } };
  }
}
