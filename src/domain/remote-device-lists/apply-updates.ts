import type { DeviceListUpdate, SigningKeyUpdate } from "../../protocol/federation/edu.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import type { JsonValue } from "../../protocol/json.ts";
import type { FederationObserver } from "../kernel/observer.ts";
import type { Random } from "../kernel/random.ts";
import type { Commit } from "../kernel/unit-of-work.ts";
import { announceRemoteChange, type UpdatingStores } from "./announce-remote-change.ts";
import { noteStale } from "./mark-stale.ts";
import type { RemoteCrossSigningKey, RemoteDeviceKeys, RemoteDeviceList } from "./remote-device-list-store.ts";
import { longestList, remoteCrossSigningKey, remoteDevice } from "./remote-keys.ts";

export type { UpdatingStores };

export interface UpdatingDeps {
  readonly random: Random;
  readonly federationObserver: Pick<FederationObserver, "remoteKeysDropped">;
}

/**
 * Inside a unit that has the remote user exclusively: its server tells of a device. The update is taken when it follows
 * exactly on what is known; anything else has the list fetched again, and of who is not tracked nothing is kept.
 * https://spec.matrix.org/v1.19/server-server-api/#device-management
 *
 * @param now ms since the epoch
 */
export async function applyDeviceListUpdate(
  deps: UpdatingDeps,
  stores: UpdatingStores,
  commit: Commit,
  update: DeviceListUpdate,
  now: number,
): Promise<void> {
  const list = await stores.remoteDeviceLists.findList(update.userId);
  if (list && !(await takeUpdate(deps, stores, commit, list, update))) await noteStale(deps, stores, commit, list, now);
}

/** @returns whether the list is still what its server has */
async function takeUpdate(
  deps: UpdatingDeps,
  stores: UpdatingStores,
  commit: Commit,
  list: RemoteDeviceList,
  update: DeviceListUpdate,
): Promise<boolean> {
  const { remoteDeviceLists } = stores;
  const { userId, deviceId, streamId } = update;
  // It is fetched anyway, and what is being fetched may be older than this update.
  if (!list.isFresh || list.streamId === undefined) return false;
  const told = deviceToldOf(deps, update);
  if (told === "malformed") return false;
  const known = await remoteDeviceLists.findDevice(userId, deviceId);
  const isKnown = known?.rendered === told?.rendered;
  if (streamId <= list.streamId) return isKnown;
  if (!followsOn(list.streamId, update)) return false;
  if (told && !known && (await remoteDeviceLists.countDevices(userId)) >= longestList) return false;
  await remoteDeviceLists.put({ ...list, streamId });
  if (isKnown) return true;
  if (told) await remoteDeviceLists.putDevice(userId, told);
  else await remoteDeviceLists.removeDevice(userId, deviceId);
  await announceRemoteChange(stores, commit, userId);
  return true;
}

/** `undefined` for a device that was deleted, or has no keys. */
function deviceToldOf(
  { federationObserver }: UpdatingDeps,
  { userId, deviceId, deleted, keys, displayName }: DeviceListUpdate,
): RemoteDeviceKeys | "malformed" | undefined {
  if (deleted || keys === undefined) return undefined;
  const device = remoteDevice(userId, deviceId, keys, displayName);
  if (!device) federationObserver.remoteKeysDropped(1);
  return device ?? "malformed";
}

/** Whether the update comes after the one that is known, and after no other that is not. */
function followsOn(known: number, { prevIds }: DeviceListUpdate): boolean {
  return prevIds.length > 0 && prevIds.every((previous) => previous === known);
}

/**
 * Inside a unit that has the remote user exclusively: its server tells of cross-signing keys. Nothing in such an update
 * says whether it is older than the list that is known. So it is taken at once, and the list is fetched to make sure.
 * https://spec.matrix.org/v1.19/server-server-api/#device-management
 *
 * @param now ms since the epoch
 */
export async function applySigningKeyUpdate(
  deps: UpdatingDeps,
  stores: UpdatingStores,
  commit: Commit,
  update: SigningKeyUpdate,
  now: number,
): Promise<void> {
  const { userId } = update;
  const list = await stores.remoteDeviceLists.findList(userId);
  if (!list) return;
  if (list.isFresh) {
    const told = crossSigningKeysOf(deps, update);
    const changed = told && (await whatChanges(stores, userId, told));
    if (changed?.length === 0) return;
    for (const key of changed ?? []) await stores.remoteDeviceLists.putCrossSigningKey(userId, key);
    if (changed) await announceRemoteChange(stores, commit, userId);
  }
  await noteStale(deps, stores, commit, list, now);
}

/** `undefined` where one has a wrong shape. */
function crossSigningKeysOf(
  { federationObserver }: UpdatingDeps,
  { userId, masterKey, selfSigningKey }: SigningKeyUpdate,
): RemoteCrossSigningKey[] | undefined {
  const given: [RemoteCrossSigningKey["usage"], JsonValue | undefined][] = [
    ["master", masterKey],
    ["self_signing", selfSigningKey],
  ];
  const keys: RemoteCrossSigningKey[] = [];
  for (const [usage, value] of given) {
    if (value === undefined) continue;
    const key = remoteCrossSigningKey(userId, usage, value);
    if (key) keys.push(key);
    else federationObserver.remoteKeysDropped(1);
  }
  return keys.length < given.filter(([, value]) => value !== undefined).length ? undefined : keys;
}

async function whatChanges(
  { remoteDeviceLists }: UpdatingStores,
  userId: UserId,
  told: readonly RemoteCrossSigningKey[],
): Promise<RemoteCrossSigningKey[]> {
  const known = (await remoteDeviceLists.listKeys([userId])).get(userId)?.crossSigningKeys ?? [];
  const texts = new Map(known.map(({ usage, rendered }) => [usage, rendered]));
  return told.filter(({ usage, rendered }) => texts.get(usage) !== rendered);
}
