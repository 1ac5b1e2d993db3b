import { MatrixError } from "../../protocol/matrix-error.ts";
import { parseSyncToken } from "../../protocol/sync-token.ts";
import type { SyncFilter } from "../filters/filter.ts";
import type { Clock } from "../kernel/clock.ts";
import { givingWay } from "../kernel/give-way.ts";
import type { Notifier, Subscription } from "../kernel/notifier.ts";
import { pagesFrom } from "../kernel/pages.ts";
import type { DeviceOwner, Requester } from "../kernel/requester.ts";
import type { Snapshots, UnitOfWork } from "../kernel/unit-of-work.ts";
import type { ShownEvent } from "../room-timelines/shown-event.ts";
import type { ToDeviceStore } from "../to-device/to-device-store.ts";
import { type News, type NewsQuestion, type NewsStores, readNews, type Since } from "./read-news.ts";
import { finishRooms, type RoomsAnswer } from "./sections/rooms/finish-rooms.ts";
import type { FurtherState } from "./sections/rooms/joined-room.ts";
import type { RoomMemories } from "./sections/rooms/rooms-section.ts";

export interface SyncDeps extends RoomMemories {
  readonly unitOfWork: UnitOfWork<{ toDevice: ToDeviceStore }>;
  readonly snapshots: Snapshots<NewsStores>;
  readonly notifier: Notifier;
  readonly clock: Clock;
}

export interface SyncRequest {
  /** The `next_batch` of the client's last answer; absent for an initial sync. */
  readonly since: string | undefined;
  /** How long to wait for news, in ms. */
  readonly timeout: number;
  readonly fullState: boolean;
  /** Whether the state of rooms is told as it is at their timelines' end; otherwise as it was at their start. */
  readonly stateAtEnd: boolean;
  readonly filter: SyncFilter;
  /** Told a function that ends the waiting when the client has hung up. */
  readonly onHangUp: (listener: () => void) => void;
}

export interface SyncAnswer extends Omit<News, "rooms"> {
  readonly rooms: RoomsAnswer;
  /** Pages of a state that is too long to be in the answer as a whole, read as they are asked for. */
  readFurther(state: FurtherState): AsyncIterable<readonly ShownEvent[]>;
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
  const { fullState, stateAtEnd, filter } = request;
  const since = parseSince(request.since);
  await acknowledge(deps, requester, since);
  const deadline = deps.clock.monotonic() + Math.min(request.timeout, longestWait);
  // Subscribed before reading: what is committed in between wakes the wait.
  const subscription = deps.notifier.subscribe(requester.userId);
  request.onHangUp(() => subscription.close());
  const question = { requester, since, fullState, stateAtEnd, filter };
  try {
    for (;;) {
      const { news, isIdle } = await readAndFollow(deps, subscription, question);
      const left = deadline - deps.clock.monotonic();
      if (!isIdle || since.initial || fullState || left <= 0) return await finish(deps, news, request);
      if ((await subscription.wait(left)) === "closed") return await finish(deps, news, request);
    }
  } finally {
    subscription.close();
  }
}

/** Nothing is kept of the rooms that are to be waited for: many wait, and long. */
async function readAndFollow(deps: SyncDeps, subscription: Subscription, question: NewsQuestion) {
  const { news, joinedRooms } = await deps.snapshots.read((stores) => readNews(stores, deps, question));
  // What has happened in them since the subscription wakes the wait too.
  if (joinedRooms) subscription.follow(joinedRooms);
  return { news, isIdle: joinedRooms !== undefined };
}

async function finish(deps: SyncDeps, news: News, { filter }: SyncRequest): Promise<SyncAnswer> {
  const { snapshots, unreadMemory, clock } = deps;
  const rooms = await finishRooms(unreadMemory, news.rooms, filter.room, givingWay(clock));
  return { ...news, rooms, readFurther: (next) => pagesFrom(snapshots, { items: [], next }) };
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
