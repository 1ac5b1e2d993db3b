import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { CrossSigningUsage } from "../../protocol/keys/cross-signing-key.ts";
import { type GivenDevice, parseGivenDevice, parseGivenKey } from "../../protocol/keys/given-keys.ts";
import { renderWithUnsigned } from "../../protocol/keys/render-key.ts";
import type { AppserviceKeys, ProxiedQuery, ProxiedUserKeys } from "../appservices/appservice-keys.ts";
import type { Appservice } from "../appservices/appservices.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import type { Clock } from "../kernel/clock.ts";
import { givingWay } from "../kernel/give-way.ts";
import type { AppserviceObserver } from "../kernel/observer.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { Snapshots } from "../kernel/unit-of-work.ts";
import { appserviceTimeout } from "./key-timeouts.ts";
import type { LocalKeys } from "./merge-proxied-keys.ts";

export interface ProxiedKeysDeps {
  readonly snapshots: Snapshots<{ readonly knownDevices: KnownDevices }>;
  readonly clock: Clock;
  readonly appserviceKeys: AppserviceKeys;
  readonly appserviceObserver: Pick<AppserviceObserver, "keysDropped">;
}

interface NamedDevice extends GivenDevice {
  readonly owner: DeviceOwner;
}

/** What appservices gave, as far as it has the right shape. */
interface Collected {
  readonly devices: NamedDevice[];
  readonly crossSigningKeys: Record<CrossSigningUsage, Map<UserId, string>>;
}

/** Devices of one user that are taken from an appservice: as many as may be kept here. */
const mostDevices = 1000;

/** Names that are looked up side by side. */
const namesAtOnce = 50;

/**
 * What appservices say of their users (rule Q5): all are asked at once, and who does not answer says nothing. Objects that an
 * upload would be refused for are left out and counted. `unsigned` is made here, and holds the device's name (rule Q2).
 *
 * @param viewer who sees it; `undefined` for another server
 * @param timeout ms that the appservices have
 */
export async function queryProxiedKeys(
  deps: ProxiedKeysDeps,
  viewer: UserId | undefined,
  queries: ReadonlyMap<Appservice, ProxiedQuery>,
  timeout: number,
): Promise<LocalKeys> {
  const collected: Collected = {
    devices: [],
    crossSigningKeys: { master: new Map(), self_signing: new Map(), user_signing: new Map() },
  };
  const giveWay = givingWay(deps.clock);
  const ask = async ([appservice, query]: [Appservice, ProxiedQuery]) => {
    const users = await deps.appserviceKeys.query(appservice, query, appserviceTimeout(timeout));
    let dropped = 0;
    for (const [userId, keys] of users) dropped += await collect(collected, viewer, userId, keys, giveWay);
    if (dropped > 0) deps.appserviceObserver.keysDropped(appservice.id, dropped);
  };
  await Promise.all([...queries].map(ask));
  const deviceKeys = new Map<UserId, Map<DeviceId, string>>();
  for (const { owner, json, displayName } of await nameDevices(deps, collected.devices)) {
    await giveWay();
    const unsigned = displayName === undefined ? {} : { device_display_name: displayName };
    const ofUser = deviceKeys.get(owner.userId) ?? new Map<DeviceId, string>();
    deviceKeys.set(owner.userId, ofUser.set(owner.deviceId, renderWithUnsigned(json, unsigned)));
  }
  return { deviceKeys, crossSigningKeys: collected.crossSigningKeys };
}

/** Gives how many objects are left out. */
async function collect(
  { devices, crossSigningKeys }: Collected,
  viewer: UserId | undefined,
  userId: UserId,
  given: ProxiedUserKeys,
  giveWay: () => Promise<void>,
): Promise<number> {
  let [taken, dropped] = [0, 0];
  let hidden: string | undefined;
  // The user-signing key comes first, for what it has signed is hidden.
  for (const usage of ["user_signing", "master", "self_signing"] as const) {
    const value = given.crossSigningKeys[usage];
    if (value === undefined) continue;
    await giveWay();
    const key = parseGivenKey(userId, usage, value, hidden);
    if (!key) dropped++;
    else if (usage !== "user_signing" || userId === viewer) crossSigningKeys[usage].set(userId, key.json);
    if (key && usage === "user_signing") hidden = `ed25519:${key.publicKey}`;
  }
  for (const [deviceId, value] of given.devices) {
    await giveWay();
    const device = taken < mostDevices ? parseGivenDevice(userId, deviceId, value, hidden) : undefined;
    if (device) devices.push({ ...device, owner: { userId, deviceId } });
    if (device) taken++;
    else dropped++;
  }
  return dropped;
}

/** The names that are kept here, for devices whose appservice gives none. */
async function nameDevices({ snapshots }: ProxiedKeysDeps, devices: readonly NamedDevice[]): Promise<NamedDevice[]> {
  const unnamed = devices.filter(({ displayName }) => displayName === undefined);
  const names = new Map<NamedDevice, string | undefined>();
  for (let start = 0; start < unnamed.length; start += namesAtOnce) {
    const some = unnamed.slice(start, start + namesAtOnce);
    // Each is a read of its own: together they would hold the event loop.
    const find = ({ owner }: NamedDevice) => snapshots.ask((stores) => stores.knownDevices.findDisplayName(owner));
    for (const [index, name] of (await Promise.all(some.map(find))).entries()) {
      names.set(some[index] as NamedDevice, name);
    }
  }
  return devices.map((device) => ({ ...device, displayName: device.displayName ?? names.get(device) }));
}
