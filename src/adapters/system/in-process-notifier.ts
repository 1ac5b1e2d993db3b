import type { Notifier, Subscription } from "../../domain/kernel/notifier.ts";
import { isRoom, isUser, type WakeName } from "../../domain/kernel/unit-of-work.ts";
import type { RoomId } from "../../protocol/identifiers/room-id.ts";
import type { UserId } from "../../protocol/identifiers/user-id.ts";
import { type FollowedList, FollowedRooms, type Follower, followedIds } from "./followed-rooms.ts";

type Outcome = "woken" | "timeout" | "closed";

/** Wakes the waiting syncs of this process. Thousands wait in it: each is one object, and one timer while it waits. */
export class InProcessNotifier implements Notifier {
  readonly #open: OpenSubscriptions = { newest: new Map(), rooms: new FollowedRooms(), count: 0 };
  #closed = false;

  /** How many syncs are subscribed. */
  get waiting(): number {
    return this.#open.count;
  }

  subscribe(userId: UserId): Subscription {
    return new WaitingSync(this.#closed ? undefined : this.#open, userId);
  }

  wake(names: Iterable<WakeName>): void {
    for (const name of names) {
      if (isRoom(name)) this.#open.rooms.wake(name);
      if (!isUser(name)) continue;
      for (let sync = this.#open.newest.get(name); sync; sync = sync.older) sync.wake();
    }
  }

  /** When wakes may have been lost: everybody looks for news. */
  wakeAll(): void {
    this.wake([...this.#open.newest.keys()]);
  }

  /** All waits end as "closed", and so does every later one. */
  close(): void {
    this.#closed = true;
    for (const newest of [...this.#open.newest.values()]) {
      for (let sync: WaitingSync | undefined = newest; sync; ) {
        const { older }: WaitingSync = sync;
        sync.close();
        sync = older;
      }
    }
  }
}

interface OpenSubscriptions {
  /** The newest subscription of each user; the others hang on it. */
  readonly newest: Map<UserId, WaitingSync>;
  readonly rooms: FollowedRooms;
  count: number;
}

class WaitingSync implements Subscription, Follower {
  older: WaitingSync | undefined;
  newer: WaitingSync | undefined;
  /** Where the subscription is listed; `undefined` once it is closed. */
  #open: OpenSubscriptions | undefined;
  readonly #userId: UserId;
  #followed: FollowedList;
  /** The last wake of a room before the subscription. */
  readonly #begun: number;
  #woken = false;
  #settle: ((outcome: Outcome) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(open: OpenSubscriptions | undefined, userId: UserId) {
    this.#open = open;
    this.#userId = userId;
    this.#begun = open?.rooms.lastWake ?? 0;
    if (!open) return;
    this.older = open.newest.get(userId);
    if (this.older) this.older.newer = this;
    open.newest.set(userId, this);
    open.count++;
  }

  follow(roomIds: readonly RoomId[]): void {
    const rooms = this.#open?.rooms;
    if (!rooms) return;
    const before = followedIds(this.#followed);
    const added = roomIds.filter((roomId) => !before.has(roomId));
    if (added.length === 0 && before.size === roomIds.length) return;
    rooms.unfollow(this.#followed);
    this.#followed = rooms.follow(this, roomIds);
    if (rooms.wereWoken(added, this.#begun)) this.wake();
  }

  wait(milliseconds: number): Promise<Outcome> {
    if (!this.#open) return Promise.resolve("closed");
    if (this.#woken) {
      this.#woken = false;
      return Promise.resolve("woken");
    }
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#timer = setTimeout(endOfWait, milliseconds, this);
    });
  }

  wake(): void {
    if (this.#settle) this.end("woken");
    else this.#woken = true;
  }

  end(outcome: Outcome): void {
    clearTimeout(this.#timer);
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(outcome);
  }

  close(): void {
    const open = this.#open;
    if (!open) return;
    this.#open = undefined;
    open.count--;
    open.rooms.unfollow(this.#followed);
    this.#followed = undefined;
    if (this.older) this.older.newer = this.newer;
    if (this.newer) this.newer.older = this.older;
    else if (this.older) open.newest.set(this.#userId, this.older);
    else open.newest.delete(this.#userId);
    this.end("closed");
  }
}

/** Not a closure: ten thousand waits share it. */
function endOfWait(sync: WaitingSync): void {
  sync.end("timeout");
}
