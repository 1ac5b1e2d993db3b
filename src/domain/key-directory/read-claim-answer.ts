import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../protocol/json.ts";
import { parseOneTimeKeys } from "../../protocol/keys/one-time-key.ts";
import { MatrixError } from "../../protocol/matrix-error.ts";
import type { IssuedKey } from "../one-time-keys/one-time-key-store.ts";
import type { WantedKeys } from "./claimed-keys.ts";
import { longestOneTimeKey } from "./refuse-masses.ts";

export interface ReadClaim {
  /** Of the devices that got one. */
  readonly keys: ReadonlyMap<UserId, ReadonlyMap<DeviceId, IssuedKey>>;
  /** Keys that are left out; a user or device that was not asked for counts as one. */
  readonly dropped: number;
}

/**
 * What another server has answered to a claim, with what it was asked in hand: one key for each device, of the algorithm
 * that was asked for, in the shape that an upload must have (rules C5, K2). Everything else is left out.
 * https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1userkeysclaim
 *
 * @param giveWay awaited between two of its parts: an answer may have a great many
 * @returns `undefined` for an answer without `one_time_keys`
 */
export async function readClaimAnswer(
  { one_time_keys: answer }: JsonObject,
  wanted: WantedKeys,
  giveWay: () => Promise<void>,
): Promise<ReadClaim | undefined> {
  if (!isJsonObject(answer)) return undefined;
  const keys = new Map<UserId, Map<DeviceId, IssuedKey>>();
  let dropped = 0;
  for (const [userId, ofUser] of Object.entries(answer) as [UserId, JsonValue][]) {
    await giveWay();
    const devices = wanted.get(userId);
    if (!devices || !isJsonObject(ofUser)) {
      dropped++;
      continue;
    }
    const given = new Map<DeviceId, IssuedKey>();
    for (const [deviceId, ofDevice] of Object.entries(ofUser) as [DeviceId, JsonValue][]) {
      await giveWay();
      const read = await readDevice(ofDevice, devices.get(deviceId), giveWay);
      if (read.key) given.set(deviceId, read.key);
      dropped += read.dropped;
    }
    keys.set(userId, given);
  }
  return { keys, dropped };
}

/** The first good key of a device: there should be no other. */
async function readDevice(
  ofDevice: JsonValue,
  algorithm: string | undefined,
  giveWay: () => Promise<void>,
): Promise<{ key: IssuedKey | undefined; dropped: number }> {
  if (algorithm === undefined || !isJsonObject(ofDevice)) return { key: undefined, dropped: 1 };
  const entries = Object.entries(ofDevice);
  for (const [keyId, value] of entries) {
    await giveWay();
    const key = readKey(keyId, value, algorithm);
    if (key) return { key, dropped: entries.length - 1 };
  }
  return { key: undefined, dropped: entries.length };
}

function readKey(keyId: string, value: JsonValue, wanted: string): IssuedKey | undefined {
  try {
    const [key] = parseOneTimeKeys("one_time_keys", { [keyId]: value });
    if (key?.algorithm !== wanted || key.json.length > longestOneTimeKey) return undefined;
    return { keyId, json: key.json };
  } catch (error) {
    if (error instanceof MatrixError) return undefined;
    throw error;
  }
}
