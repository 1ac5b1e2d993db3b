import type { ProxiedClaim, ProxiedKey } from "../../domain/appservices/appservice-keys.ts";
import { emptyObject, isJsonObject, type JsonObject, type JsonValue } from "../../protocol/json.ts";
import { type OneTimeKey, parseOneTimeKeys } from "../../protocol/keys/one-time-key.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";

/** Characters of one key object, as many as a device may upload. */
const longestKey = 16_384;

/** By user, device and algorithm, in the order in which they were asked. */
type ClaimTree<T> = Map<string, Map<string, Map<string, T[]>>>;

/** @returns `{"@user:server": {"DEVICE": ["algorithm", "algorithm"]}}`: an algorithm for each key */
export function claimBody(claims: Iterable<ProxiedClaim>): string {
  const users = emptyObject<{ [deviceId: string]: string[] }>();
  for (const { userId, deviceId, algorithm } of claims) {
    users[userId] ??= emptyObject();
    users[userId][deviceId] ??= [];
    users[userId][deviceId].push(algorithm);
  }
  return JSON.stringify(users);
}

/**
 * Deals the keys of an answer to those who claimed them, each key once, to each at most one.
 *
 * @param answer `{"@user:server": {"DEVICE": {"algorithm:id": key}}}`
 * @returns `dropped`: how many nobody asked for, or are no keys
 */
export function dealKeys<T extends { readonly claim: ProxiedClaim }>(
  answer: JsonObject,
  claims: Iterable<T>,
): { readonly keys: ReadonlyMap<T, ProxiedKey>; readonly dropped: number } {
  const asked = treeOf(claims);
  const keys = new Map<T, ProxiedKey>();
  let dropped = 0;
  for (const [userId, deviceId, keyId, value] of keysIn(answer)) {
    const ofDevice = asked.get(userId)?.get(deviceId);
    const key = ofDevice && readKey(keyId, value);
    const claim = key && ofDevice.get(key.algorithm)?.shift();
    if (claim) keys.set(claim, { keyId, json: key.json });
    else dropped++;
  }
  return { keys, dropped };
}

function treeOf<T extends { readonly claim: ProxiedClaim }>(claims: Iterable<T>): ClaimTree<T> {
  const tree: ClaimTree<T> = new Map();
  for (const waiting of claims) {
    const { userId, deviceId, algorithm } = waiting.claim;
    const devices = tree.get(userId) ?? new Map<string, Map<string, T[]>>();
    const algorithms = devices.get(deviceId) ?? new Map<string, T[]>();
    const line = algorithms.get(algorithm) ?? [];
    line.push(waiting);
    tree.set(userId, devices.set(deviceId, algorithms.set(algorithm, line)));
  }
  return tree;
}

/** What stands where keys should; a user or device that is no object is one thing that is no key. */
function* keysIn(answer: JsonObject): Generator<[userId: string, deviceId: string, keyId: string, value: JsonValue]> {
  for (const [userId, devices] of Object.entries(answer)) {
    if (!isJsonObject(devices)) yield [userId, "", "", devices];
    else {
      for (const [deviceId, keys] of Object.entries(devices)) {
        if (!isJsonObject(keys)) yield [userId, deviceId, "", keys];
        else for (const [keyId, key] of Object.entries(keys)) yield [userId, deviceId, keyId, key];
      }
    }
  }
}

/** `undefined`: its shape is wrong (rule K2), or it is longer than what a device may upload. */
function readKey(keyId: string, value: JsonValue): OneTimeKey | undefined {
  try {
    const [key] = parseOneTimeKeys("keys", { [keyId]: value });
    return key && key.json.length <= longestKey ? key : undefined;
  } catch (error) {
    if (error instanceof MatrixError) return undefined;
    throw error;
  }
}
