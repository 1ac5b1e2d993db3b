import { MatrixError } from "../../protocol/matrix-error.ts";
import { parseSyncToken, type SyncToken } from "../../protocol/sync-token.ts";
import type { AccountData, AccountDataStore } from "../account-data/account-data-store.ts";
import type { DeviceListStore } from "../device-lists/device-list-store.ts";
import type { KnownDevices } from "../device-lists/known-devices.ts";
import type { DeviceListChanges } from "../device-lists/list-changes.ts";
import { listDeviceListChanges } from "../device-lists/list-changes.ts";
import { requireRequestingDevice } from "../device-lists/require-requesting-device.ts";
import type { SyncFilter } from "../filters/filter.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Notifier } from "../kernel/notifier.ts";
import type { DeviceOwner, Requester } from "../kernel/requester.ts";
import { isInPresentHistory, type StreamStore } from "../kernel/stream-position.ts";
import type { ReadingAll, Snapshots, UnitOfWork } from "../kernel/unit-of-work.ts";
import type { FallbackKeyStore } from "../one-time-keys/fallback-key-store.ts";
import type { OneTimeKeyStore } from "../one-time-keys/one-time-key-store.ts";
import type { KeyCounts } from "../one-time-keys/tell-counts.ts";
import type { ToDeviceStore, WaitingMessage } from "../to-device/to-device-store.ts";
import { accountDataSection } from "./sections/account-data-section.ts";
import { digestOfCounts, keyCountsSection } from "./sections/key-counts-section.ts";
import { toDeviceSection } from "./sections/to-device-section.ts";

interface SyncStores {
  readonly stream: StreamStore;
  readonly accountData: AccountDataStore;
  readonly deviceLists: DeviceListStore;
  readonly knownDevices: KnownDevices;
  readonly oneTimeKeys: OneTimeKeyStore;
  readonly fallbackKeys: FallbackKeyStore;
  readonly toDevice: ToDeviceStore;
}

export interface SyncDeps {
  readonly unitOfWork: UnitOfWork<Pick<SyncStores, "toDevice">>;
  readonly snapshots: Snapshots<SyncStores>;
  readonly notifier: Notifier;
  readonly clock: Clock;
}

export interface SyncRequest {
  /** The `next_batch` of the client's last answer; absent for an initial sync. */
  readonly since: string | undefined;
  /** How long to wait for news, in ms. */
  readonly timeout: number;
  readonly fullState: boolean;
  readonly filter: SyncFilter;
  /** Told a function that ends the waiting when the client has hung up. */
  readonly onHangUp: (listener: () => void) => void;
}

export interface SyncAnswer {
  readonly nextBatch: SyncToken;
  readonly accountData: readonly AccountData[];
  readonly deviceLists: DeviceListChanges;
  /** Absent for a requester without a device (rule S1). */
  readonly device: { readonly toDevice: readonly WaitingMessage[]; readonly counts: KeyCounts } | undefined;
}

/** Where a client's reading goes on from. */
interface Since extends SyncToken {
  readonly initial: boolean;
}

const beginning: Since = { position: 0, toDevicePosition: 0, told: "", initial: true };

/** Longer waits are cut: proxies in between would end them anyway. */
const longestWait = 120_000;

/**
 * What is new since the client's token; waits for it where there is nothing (rules S1-S5).
 * Everything in an answer is read in one snapshot, and no timer asks the database: a waiting sync is woken.
 *
 * @throws MatrixError `M_INVALID_PARAM` for a token that is none; 401 `M_UNKNOWN_TOKEN` when the device is deleted
 * meanwhile
 */
export async function sync(deps: SyncDeps, requester: Requester, request: SyncRequest): Promise<SyncAnswer> {
  const since = parseSince(request.since);
  await acknowledge(deps, requester, since);
  const deadline = deps.clock.monotonic() + Math.min(request.timeout, longestWait);
  // Subscribed before reading: what is committed in between wakes the wait.
  const subscription = deps.notifier.subscribe(requester.userId);
  request.onHangUp(() => subscription.close());
  try {
    for (;;) {
      const { answer, news } = await deps.snapshots.read((stores) => read(stores, requester, since, request));
      const left = deadline - deps.clock.monotonic();
      if (news || since.initial || request.fullState || left <= 0) return answer;
      if ((await subscription.wait(left)) === "closed") return answer;
    }
  } finally {
    subscription.close();
  }
}

function parseSince(text: string | undefined): Since {
  if (text === undefined) return beginning;
  const token = parseSyncToken(text);
  if (!token) throw new MatrixError("M_INVALID_PARAM", "since is not a sync token of this server");
  return { ...token, initial: false };
}

/** Removes the messages that the client has shown to have received: its token names the last of them (rule S3). */
async function acknowledge(deps: SyncDeps, { userId, deviceId }: Requester, since: Since): Promise<void> {
  if (deviceId === undefined || since.toDevicePosition === 0) return;
  const owner: DeviceOwner = { userId, deviceId };
  const acknowledges = await deps.snapshots.read(
    async (stores) =>
      // A token from beyond the present acknowledges nothing.
      since.position <= (await stores.stream.findPosition()) &&
      (await stores.toDevice.hasUpTo(owner, since.toDevicePosition)),
  );
  if (!acknowledges) return;
  await deps.unitOfWork.run({ exclusive: [`inbox of ${userId} ${deviceId}`] }, ({ toDevice }) =>
    toDevice.removeUpTo(owner, since.toDevicePosition),
  );
}

async function read(
  stores: ReadingAll<SyncStores>,
  requester: Requester,
  asked: Since,
  { filter, fullState }: SyncRequest,
): Promise<{ answer: SyncAnswer; news: boolean }> {
  const { userId, deviceId } = requester;
  // While a sync waits its device may be deleted, and others' changes are none of its business then.
  await requireRequestingDevice(stores, requester);
  const position = await stores.stream.findPosition();
  // A token from a future that was lost with a restored database knows of messages that nobody has sent.
  const toDevicePosition = asked.position > position ? 0 : asked.toDevicePosition;
  const known = isInPresentHistory(asked.position, position);
  const since = { ...asked, toDevicePosition, position: known ? asked.position : 0 };
  const accountDataSince = since.initial || fullState ? "everything" : since.position;
  const accountData = await accountDataSection(stores.accountData, userId, accountDataSince, filter);
  const deviceLists = since.initial
    ? { changed: [], left: [] }
    : await listDeviceListChanges(stores.deviceLists, userId, known ? since.position : "unknown");
  const rest = accountData.length > 0 || deviceLists.changed.length > 0 || deviceLists.left.length > 0;
  if (deviceId === undefined) {
    const nextBatch = { position, toDevicePosition: 0, told: "" };
    return { answer: { nextBatch, accountData, deviceLists, device: undefined }, news: rest };
  }
  const owner = { userId, deviceId };
  const toDevice = await toDeviceSection(stores.toDevice, owner, since.toDevicePosition);
  const counts = await keyCountsSection(stores, owner);
  const told = digestOfCounts(counts);
  const nextBatch = { position, toDevicePosition: toDevice.at(-1)?.position ?? since.toDevicePosition, told };
  const news = rest || toDevice.length > 0 || told !== asked.told;
  return { answer: { nextBatch, accountData, deviceLists, device: { toDevice, counts } }, news };
}
