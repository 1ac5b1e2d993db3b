import type { DeviceOwner } from "../../src/domain/kernel/requester.ts";
import type { IssuedKey, OneTimeKeyStore, PoolKey } from "../../src/domain/one-time-keys/one-time-key-store.ts";
import { type OneTimeKey, parseOneTimeKeys } from "../../src/protocol/keys/one-time-key.ts";
import type { TestDatabase } from "./engines.ts";

export const signed = "signed_curve25519";

/** A signed key as a client uploads it; `keyId` without an algorithm is a signed_curve25519. */
export function keyNamed(keyId: string, publicKey = `public key of ${keyId}`): OneTimeKey {
  const named = keyId.includes(":") ? keyId : `${signed}:${keyId}`;
  const signatures = { "@alice:example.org": { "ed25519:PHONE": "c2lnbmVk" } };
  const [key] = parseOneTimeKeys("one_time_keys", { [named]: { key: publicKey, signatures } });
  if (key === undefined) throw new Error(`${named} is no key id`);
  return key;
}

/** Keys with the ids `PREFIX0`, `PREFIX1`… */
export function keysNamed(prefix: string, count: number): OneTimeKey[] {
  return Array.from({ length: count }, (_, index) => keyNamed(`${prefix}${index}`));
}

export interface KeyPool {
  /** One upload. */
  add(...keys: OneTimeKey[]): Promise<void>;
  take(algorithm?: string): Promise<IssuedKey | undefined>;
  counts(): Promise<Record<string, number>>;
  find(...keyIds: string[]): Promise<PoolKey[]>;
  /** Which of these keys are in the pool or were issued. */
  known(...keys: OneTimeKey[]): Promise<OneTimeKey[]>;
}

/** The one-time keys of a device; each call is a unit or a snapshot of its own. */
export function keyPool({ unitOfWork, snapshots }: TestDatabase, owner: DeviceOwner): KeyPool {
  return {
    async add(...keys) {
      await unitOfWork.run("everything", ({ oneTimeKeys }) => oneTimeKeys.add(owner, keys));
    },
    take: (algorithm = signed) =>
      unitOfWork.run("everything", ({ oneTimeKeys }) => takeKey(oneTimeKeys, owner, algorithm)),
    async counts() {
      return Object.fromEntries(await snapshots.read(({ oneTimeKeys }) => oneTimeKeys.countPool(owner)));
    },
    find: (...keyIds) => snapshots.read(({ oneTimeKeys }) => oneTimeKeys.listPoolKeys(owner, keyIds)),
    async known(...keys) {
      const digests = await snapshots.read(({ oneTimeKeys }) => oneTimeKeys.listKnownDigests(owner, keys));
      return keys.filter(({ digest }) => digests.has(digest.toString("hex")));
    },
  };
}

/** Inside a unit: one key. */
export async function takeKey(
  store: OneTimeKeyStore,
  target: DeviceOwner,
  algorithm = signed,
): Promise<IssuedKey | undefined> {
  const [key] = await store.takeAll([{ target, algorithm }]);
  return key;
}

/** How a key is handed out. */
export function issuedForm({ keyId, json }: OneTimeKey): IssuedKey {
  return { keyId, json };
}

export function sortedIds(keys: readonly (IssuedKey | undefined)[]): (string | undefined)[] {
  return keys.map((key) => key?.keyId).sort();
}
