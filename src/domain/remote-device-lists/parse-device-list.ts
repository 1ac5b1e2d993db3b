import { parseDeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../protocol/json.ts";
import type { Clock } from "../kernel/clock.ts";
import { givingWay } from "../kernel/give-way.ts";
import type { RemoteCrossSigningKey, RemoteDeviceKeys, RemoteUserKeys } from "./remote-device-list-store.ts";
import { longestList, remoteCrossSigningKey, remoteDevice } from "./remote-keys.ts";

/** Ms ahead. A shorter promise would cost more than it is worth, and a longer one is a mistake. */
const shortestPromise = 3600_000;
const longestPromise = 60 * 24 * 3600_000;

export interface FetchedDeviceList {
  readonly streamId: number;
  readonly keys: RemoteUserKeys;
  /** Until when the server tells of changes, in ms since the epoch; `undefined` where it does not say so credibly. */
  readonly followedUntil: number | undefined;
  /** Keys of a wrong shape. */
  readonly dropped: number;
}

/**
 * The answer of `GET /user/devices/{userId}`; `undefined` for one that is none.
 * https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1userdevicesuserid
 */
export async function parseDeviceList(
  body: JsonObject,
  userId: UserId,
  clock: Clock,
): Promise<FetchedDeviceList | undefined> {
  const { user_id: owner, stream_id: streamId, devices: given } = body;
  if (owner !== userId || !isStreamId(streamId)) return undefined;
  if (!Array.isArray(given) || given.length > longestList) return undefined;
  const devices = await devicesOf(userId, given, givingWay(clock));
  const crossSigningKeys = crossSigningKeysOf(userId, body);
  return {
    ...{ streamId, followedUntil: promiseOf(body["io.claviger.followed_until"], clock.now()) },
    keys: { devices: devices.kept, crossSigningKeys: crossSigningKeys.kept },
    dropped: devices.dropped + crossSigningKeys.dropped,
  };
}

/** A device without keys is none that messages are encrypted for. */
async function devicesOf(userId: UserId, given: readonly JsonValue[], giveWay: () => Promise<void>) {
  const kept = new Map<string, RemoteDeviceKeys>();
  let dropped = 0;
  for (const value of given) {
    await giveWay();
    const { device_id: id, keys, device_display_name: displayName } = isJsonObject(value) ? value : {};
    const deviceId = parseDeviceId(id);
    if (deviceId !== undefined && (keys ?? undefined) === undefined) continue;
    const device = deviceId && remoteDevice(userId, deviceId, keys ?? null, displayName);
    if (device && !kept.has(device.deviceId)) kept.set(device.deviceId, device);
    else dropped++;
  }
  return { kept: [...kept.values()], dropped };
}

function crossSigningKeysOf(userId: UserId, body: JsonObject) {
  const kept: RemoteCrossSigningKey[] = [];
  let dropped = 0;
  for (const usage of ["master", "self_signing"] as const) {
    const value = body[`${usage}_key`] ?? undefined;
    if (value === undefined) continue;
    const key = remoteCrossSigningKey(userId, usage, value);
    if (key) kept.push(key);
    else dropped++;
  }
  return { kept, dropped };
}

/** @param now ms since the epoch, as the result */
function promiseOf(value: JsonValue | undefined, now: number): number | undefined {
  if (!Number.isSafeInteger(value)) return undefined;
  const until = value as number;
  return until >= now + shortestPromise && until <= now + longestPromise ? until : undefined;
}

function isStreamId(value: JsonValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
