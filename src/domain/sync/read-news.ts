import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { SyncToken } from "../../protocol/sync-token.ts";
import type { AccountData } from "../account-data/account-data-store.ts";
import type { DeviceListChanges, DeviceListStore } from "../device-lists/device-list-store.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import { listDeviceListChanges } from "../device-lists/list-changes.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { SyncFilter } from "../filters/filter.ts";
import type { Requester } from "../kernel/requester.ts";
import { isInPresentHistory, type StreamPosition, type StreamStore } from "../kernel/stream-position.ts";
import type { Reading } from "../kernel/unit-of-work.ts";
import type { FallbackKeyStore } from "../one-time-keys/fallback-key-store.ts";
import type { OneTimeKeyStore } from "../one-time-keys/one-time-key-store.ts";
import type { KeyCounts } from "../one-time-keys/tell-counts.ts";
import type { ToDeviceStore, WaitingMessage } from "../to-device/to-device-store.ts";
import { accountDataSection } from "./sections/account-data-section.ts";
import { digestOfCounts, keyCountsSection } from "./sections/key-counts-section.ts";
import type { RoomSectionStores } from "./sections/rooms/room-question.ts";
import { type RoomMemories, type RoomsRead, roomsSection } from "./sections/rooms/rooms-section.ts";
import { toDeviceSection } from "./sections/to-device-section.ts";

export interface NewsStores extends RoomSectionStores {
  readonly stream: Reading<StreamStore>;
  readonly deviceLists: Reading<DeviceListStore>;
  readonly knownDevices: Reading<KnownDevices>;
  readonly oneTimeKeys: Reading<OneTimeKeyStore>;
  readonly fallbackKeys: Reading<FallbackKeyStore>;
  readonly toDevice: Reading<ToDeviceStore>;
}

/** Where a client's reading goes on from. */
export interface Since extends SyncToken {
  readonly initial: boolean;
}

export interface NewsQuestion {
  readonly requester: Requester;
  readonly since: Since;
  readonly filter: SyncFilter;
  readonly fullState: boolean;
  readonly stateAtEnd: boolean;
}

/** What one snapshot has to tell. */
export interface News {
  readonly nextBatch: SyncToken;
  readonly accountData: readonly AccountData[];
  readonly deviceLists: DeviceListChanges;
  /** Absent for a requester without a device (rule S1). */
  readonly device: { readonly toDevice: readonly WaitingMessage[]; readonly counts: KeyCounts } | undefined;
  readonly rooms: RoomsRead;
}

/**
 * Reads all sections of an answer.
 *
 * @returns `joinedRooms` are those to wait for, when there is nothing to tell; `undefined`: there is
 */
export async function readNews(
  stores: NewsStores,
  memories: RoomMemories,
  question: NewsQuestion,
): Promise<{ news: News; joinedRooms: readonly RoomId[] | undefined }> {
  const { requester, since: asked, filter, fullState, stateAtEnd } = question;
  const { userId } = requester;
  // While a sync waits its device may be deleted, and others' changes are none of its business then.
  await requireRequestingDevice(stores, requester);
  const position = await stores.stream.findPosition();
  const known = isInPresentHistory(asked.position, position);
  const since = known ? asked.position : 0;
  const accountDataSince = asked.initial || fullState ? "everything" : since;
  const accountData = await accountDataSection(stores.accountData, userId, accountDataSince, filter);
  const deviceLists = asked.initial
    ? { changed: [], left: [] }
    : await listDeviceListChanges(stores.deviceLists, userId, known ? since : "unknown");
  const rooms = await roomsSection(stores, memories, {
    ...{ requester, since, upTo: position, filter: filter.room, eventFormat: filter.eventFormat, stateAtEnd },
    ...{ initial: asked.initial, whole: since === 0 || fullState, lost: !known },
  });
  const { device, deviceNext, hasNews } = await readDevice(stores, question, position);
  const news = { nextBatch: { position, ...deviceNext }, accountData, deviceLists, device, rooms };
  const lists = [accountData, deviceLists.changed, deviceLists.left, ...Object.values(rooms)];
  if (hasNews || lists.some(({ length }) => length > 0)) return { news, joinedRooms: undefined };
  return { news, joinedRooms: await stores.roomSync.listJoinedRooms(userId) };
}

/** What belongs to the requesting device. */
async function readDevice(
  stores: NewsStores,
  { requester: { userId, deviceId }, since: asked }: NewsQuestion,
  position: StreamPosition,
) {
  // A token from a future that was lost with a restored database knows of messages that nobody has sent.
  const toDeviceSince = asked.position > position ? 0 : asked.toDevicePosition;
  if (deviceId === undefined) {
    return { device: undefined, deviceNext: { toDevicePosition: 0, told: "" }, hasNews: false };
  }
  const owner = { userId, deviceId };
  const toDevice = await toDeviceSection(stores.toDevice, owner, toDeviceSince);
  const counts = await keyCountsSection(stores, owner);
  const told = digestOfCounts(counts);
  const toDevicePosition = toDevice.at(-1)?.position ?? toDeviceSince;
  const hasNews = toDevice.length > 0 || told !== asked.told;
  return { device: { toDevice, counts }, deviceNext: { toDevicePosition, told }, hasNews };
}
