import type { DeviceId } from "../../protocol/identifiers/device-id.ts";
import type { ServerName } from "../../protocol/identifiers/server-name.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { renderWithSignatures } from "../../protocol/keys/render-key.ts";
import type { Appservices } from "../appservices/appservices.ts";
import type { FederationQueueStore, WaitingChange } from "../federation-out/federation-queue-store.ts";
import type { DeviceOwner } from "../kernel/requester.ts";
import type { StreamPosition } from "../kernel/stream-position.ts";
import { answeringAppservice } from "../key-directory/answering-appservice.ts";
import type { EduList } from "./edu-list.ts";
import type { FederationFeedStores } from "./feed-stores.ts";

export interface TellChangesDeps {
  readonly appservices: Appservices;
  readonly compatibility: {
    /** Whether appservices are asked for the keys of their users (rule Q5). */
    readonly msc3984: boolean;
  };
}

/**
 * Inside a unit that has the destination: adds what has changed of devices and cross-signing keys, as it is now.
 *
 * @param present what has changed up to here is told
 * @returns whether that is all of it
 */
export async function tellChanges(
  deps: TellChangesDeps,
  stores: FederationFeedStores,
  destination: ServerName,
  present: StreamPosition,
  edus: EduList,
): Promise<boolean> {
  const { federationQueue, destinations } = stores;
  const { room } = edus;
  const changes = await federationQueue.listChanges(destination, present, room);
  const told = new Map<UserId, StreamPosition>();
  const added: WaitingChange[] = [];
  for (const change of changes) {
    const { userId, deviceId, position } = change;
    const previous = told.get(userId) ?? (await destinations.findToldStreamId(destination, userId));
    const isAdded =
      deviceId === undefined
        ? edus.add(await signingKeyUpdate(stores, userId))
        : edus.add(await deviceListUpdate(deps, stores, { userId, deviceId }, position, previous));
    if (!isAdded) break;
    if (deviceId !== undefined) told.set(userId, position);
    added.push(change);
  }
  await removeTold(federationQueue, destination, added);
  for (const [userId, position] of told) await destinations.putToldStreamId(destination, userId, position);
  return added.length === changes.length && changes.length < room;
}

/** After a restore the changes of all users have one position (`noteAllTold`): those of users not told yet stay. */
async function removeTold(
  federationQueue: FederationQueueStore,
  destination: ServerName,
  told: readonly WaitingChange[],
): Promise<void> {
  const last = told.at(-1)?.position;
  if (last === undefined) return;
  await federationQueue.removeChangesUpTo(destination, last - 1);
  for (const { userId, position } of told) {
    if (position === last) await federationQueue.removeChangesOf(destination, userId, last);
  }
}

/** https://spec.matrix.org/v1.19/server-server-api/#device-management */
async function deviceListUpdate(
  deps: TellChangesDeps,
  stores: FederationFeedStores,
  { userId, deviceId }: DeviceOwner,
  streamId: StreamPosition,
  previous: StreamPosition | undefined,
): Promise<string> {
  const update = { user_id: userId, device_id: deviceId, stream_id: streamId };
  if (deps.compatibility.msc3984 && answeringAppservice(deps.appservices, userId, "answersQueries")) {
    // Which keys the device has only its appservice knows, which no unit asks. An update that builds on one that the
    // server has not seen, itself, makes the server fetch the whole list, for which the appservice is asked.
    return eduText("m.device_list_update", { ...update, prev_id: [streamId] });
  }
  const prev_id = previous === undefined ? [] : [previous];
  return eduText("m.device_list_update", { ...update, prev_id, ...(await findDevice(stores, userId, deviceId)) });
}

/** The members of an update that tell what there is of a device. */
async function findDevice(stores: FederationFeedStores, userId: UserId, deviceId: DeviceId): Promise<object> {
  const owner = { userId, deviceId };
  if (!(await stores.knownDevices.hasDevice(owner))) return { deleted: true };
  const stored = await stores.deviceKeys.findDeviceKeys(owner);
  const displayName = await stores.knownDevices.findDisplayName(owner);
  const signatures = await stores.keySignatures.listSignatures({ userId, key: deviceId });
  return {
    ...(displayName !== undefined && { device_display_name: displayName }),
    ...(stored && { keys: JSON.parse(renderWithSignatures(stored.json, signatures)) }),
  };
}

/** Never the user-signing key, which is its owner's alone (rule Q3). */
async function signingKeyUpdate({ crossSigningKeys }: FederationFeedStores, userId: UserId): Promise<string> {
  const content: Record<string, unknown> = { user_id: userId };
  for (const { usage, rendered } of await crossSigningKeys.listRendered([userId])) {
    if (usage !== "user_signing") content[`${usage}_key`] = JSON.parse(rendered);
  }
  return eduText("m.signing_key_update", content);
}

function eduText(type: string, content: object): string {
  return JSON.stringify({ edu_type: type, content });
}
