import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../../protocol/json.ts";
import { parseGivenDevice, parseGivenKey } from "../../protocol/keys/given-keys.ts";
import { renderWithUnsigned } from "../../protocol/keys/render-key.ts";
import type {
  RemoteCrossSigningKey,
  RemoteDeviceKeys,
  RemoteUserKeys,
} from "../remote-device-lists/remote-device-list-store.ts";
import type { WantedDevices } from "./query-local-keys.ts";

export interface ReadQuery {
  /** Every user that was asked for. */
  readonly users: ReadonlyMap<UserId, RemoteUserKeys>;
  /** Objects that are left out; a user that was not asked for counts as one in each member of the answer. */
  readonly dropped: number;
}

/** Devices of one user that are taken: as many as one of ours may have. */
const mostDevices = 1000;

interface Reading {
  readonly wanted: WantedDevices;
  readonly users: Map<UserId, { devices: RemoteDeviceKeys[]; crossSigningKeys: RemoteCrossSigningKey[] }>;
  readonly giveWay: () => Promise<void>;
  dropped: number;
}

/**
 * What another server has answered to a query, with what it was asked in hand: users and devices that were asked for, in
 * the shape that an upload must have (rules K2, X3), with their owners' signatures. Everything else is left out, and
 * user-signing keys always are (rule Q3). `unsigned` is made here (rule Q2).
 * https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1userkeysquery
 *
 * @param giveWay awaited between two of its parts: an answer may have a great many
 * @returns `undefined` for an answer without `device_keys`
 */
export async function readQueryAnswer(
  { device_keys, master_keys, self_signing_keys, user_signing_keys }: JsonObject,
  wanted: WantedDevices,
  giveWay: () => Promise<void>,
): Promise<ReadQuery | undefined> {
  if (!isJsonObject(device_keys)) return undefined;
  const users: Reading["users"] = new Map();
  for (const userId of wanted.keys()) users.set(userId, { devices: [], crossSigningKeys: [] });
  const reading: Reading = { wanted, users, giveWay, dropped: 0 };
  await readDevices(reading, device_keys);
  await readCrossSigningKeys(reading, "master", master_keys);
  await readCrossSigningKeys(reading, "self_signing", self_signing_keys);
  if (isJsonObject(user_signing_keys)) reading.dropped += Object.keys(user_signing_keys).length;
  return { users, dropped: reading.dropped };
}

async function readDevices(reading: Reading, members: JsonObject): Promise<void> {
  const { wanted, users, giveWay } = reading;
  for (const [userId, devices] of Object.entries(members) as [UserId, JsonValue][]) {
    await giveWay();
    const asked = wanted.get(userId);
    if (!asked || !isJsonObject(devices)) {
      reading.dropped++;
      continue;
    }
    const taken: RemoteDeviceKeys[] = [];
    for (const [deviceId, value] of Object.entries(devices) as [DeviceId, JsonValue][]) {
      await giveWay();
      const isAsked = (asked.size === 0 || asked.has(deviceId)) && taken.length < mostDevices;
      const device = isAsked ? readDevice(userId, deviceId, value) : undefined;
      if (device) taken.push(device);
      else reading.dropped++;
    }
    users.get(userId)?.devices.push(...taken);
  }
}

function readDevice(userId: UserId, deviceId: DeviceId, value: JsonValue): RemoteDeviceKeys | undefined {
  const device = parseGivenDevice(userId, deviceId, value, undefined);
  if (!device) return undefined;
  const { json, displayName, ed25519 } = device;
  const unsigned = displayName === undefined ? {} : { device_display_name: displayName };
  return { deviceId, ed25519, rendered: renderWithUnsigned(json, unsigned) };
}

async function readCrossSigningKeys(
  reading: Reading,
  usage: RemoteCrossSigningKey["usage"],
  members: JsonValue | undefined,
): Promise<void> {
  if (!isJsonObject(members)) return;
  for (const [userId, value] of Object.entries(members) as [UserId, JsonValue][]) {
    await reading.giveWay();
    const user = reading.users.get(userId);
    const key = user && parseGivenKey(userId, usage, value);
    if (key) user.crossSigningKeys.push({ usage, publicKey: key.publicKey, rendered: key.json });
    else reading.dropped++;
  }
}
