import { canonicalJson } from "../../src/protocol/canonical-json.ts";
import type { DeviceKeys } from "../../src/protocol/keys/device-keys.ts";
import type { ModelKey, ModelUpload } from "./device-model.ts";

/** Numbers from 0 up to 1. */
export type Random = () => number;

export function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[below(random, choices.length)] as T;
}

/** A whole number from 0, less than `limit`. */
export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

/** One of these, each as often as its weight says. */
export function weighted<T extends string>(random: Random, weights: Readonly<Record<T, number>>): T {
  const entries = Object.entries(weights) as [T, number][];
  let left = random() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  const found = entries.find(([, weight]) => {
    left -= weight;
    return left < 0;
  });
  return (found ?? (entries.at(-1) as [T, number]))[0];
}

/**
 * A client with every bad habit that has been seen: it repeats uploads whose answers were lost, months later too,
 * forgets what it has published, counts its key ids from the start again, and comes back as somebody else.
 */
export class ForgetfulClient {
  readonly userId: string;
  readonly deviceId: string;
  readonly #random: Random;
  readonly #uploads: ModelUpload[] = [];
  #keyIds = 0;
  #publicKeys = 0;
  #identities = 0;

  constructor(userId: string, deviceId: string, random: Random) {
    this.userId = userId;
    this.deviceId = deviceId;
    this.#random = random;
  }

  /** Every key that it has ever sent. */
  get keys(): readonly ModelKey[] {
    return this.#uploads.flatMap((upload) => upload.oneTimeKeys);
  }

  next(): ModelUpload {
    const upload = this.#next();
    this.#uploads.push(upload);
    return upload;
  }

  #next(): ModelUpload {
    const random = this.#random;
    const earlier = this.#uploads.length > 0 ? pick(random, this.#uploads) : undefined;
    const known = this.keys.length > 0 ? pick(random, this.keys) : undefined;
    if (!earlier || !known) return this.#fresh();
    const kinds = { fresh: 30, repeat: 16, overlap: 8, renamed: 8, clash: 7, resigned: 5, empty: 2, replaced: 3 };
    switch (weighted(random, kinds)) {
      case "fresh":
        return this.#fresh();
      case "repeat":
        return earlier;
      case "overlap":
        return uniqueIds([...earlier.oneTimeKeys.slice(1), this.#key()]);
      case "renamed":
        return uniqueIds([{ ...known, keyId: this.#keyId(known.algorithm) }, ...this.#some(this.#key)]);
      case "clash":
        return uniqueIds([...this.#some(this.#key), this.#key(known.keyId)]);
      case "resigned":
        return { oneTimeKeys: [{ ...known, json: jsonOf(this, known, "another signature") }] };
      case "replaced":
        this.#keyIds = 0;
        return { ...this.#fresh(), identity: `identity ${this.#identities++}` };
      default:
        return { oneTimeKeys: [] };
    }
  }

  #fresh(): ModelUpload {
    const keys = uniqueIds([this.#key(), ...this.#some(this.#key)]);
    if (this.#random() < 0.3) return { ...keys, fallbackKey: this.#fallbackKey() };
    return this.#identities === 0 ? { ...keys, identity: `identity ${this.#identities++}` } : keys;
  }

  readonly #key = (keyId = this.#keyId(this.#random() < 0.85 ? "signed_curve25519" : "curve25519")): ModelKey => {
    const algorithm = keyId.split(":", 1)[0] as string;
    const key = { keyId, algorithm, publicKey: `public key ${this.#publicKeys++} of ${this.deviceId}` };
    return { ...key, json: jsonOf(this, key, "a signature") };
  };

  #fallbackKey(): ModelKey {
    const key = this.#key("signed_curve25519:FALLBACK");
    return { ...key, json: canonicalJson({ ...(JSON.parse(key.json) as object), fallback: true }) };
  }

  #keyId(algorithm: string): string {
    return `${algorithm}:AAAA${this.#keyIds++}`;
  }

  /** None to four. */
  #some<T>(make: () => T): T[] {
    return Array.from({ length: below(this.#random, 5) }, () => make());
  }
}

/** As the members of a request: the key ids are the names of an object. */
export function bodyOf(client: ForgetfulClient, { identity, oneTimeKeys, fallbackKey }: ModelUpload) {
  const deviceKeys = identity === undefined ? undefined : deviceKeysOf(client, identity);
  return {
    deviceKeys,
    oneTimeKeys: Object.fromEntries(oneTimeKeys.map(({ keyId, json }) => [keyId, JSON.parse(json)])),
    fallbackKeys: { fallback_keys: fallbackKey && { [fallbackKey.keyId]: JSON.parse(fallbackKey.json) } },
  };
}

function deviceKeysOf({ userId, deviceId }: ForgetfulClient, identity: string): Pick<DeviceKeys, "algorithms"> {
  const keys = { [`curve25519:${deviceId}`]: identity, [`ed25519:${deviceId}`]: identity };
  const names = { user_id: userId, device_id: deviceId };
  return { ...names, algorithms: ["m.olm.v1.curve25519-aes-sha2"], keys, signatures: {} } as Pick<
    DeviceKeys,
    "algorithms"
  >;
}

function jsonOf({ userId, deviceId }: ForgetfulClient, key: Omit<ModelKey, "json">, signature: string): string {
  if (key.algorithm === "curve25519") return canonicalJson(key.publicKey);
  return canonicalJson({ key: key.publicKey, signatures: { [userId]: { [`ed25519:${deviceId}`]: signature } } });
}

/** The last of those with one id wins, as in an object. */
function uniqueIds(keys: readonly ModelKey[]): ModelUpload {
  return { oneTimeKeys: [...new Map(keys.map((key) => [key.keyId, key])).values()] };
}
