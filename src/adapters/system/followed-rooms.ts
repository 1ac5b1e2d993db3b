import type { RoomId } from "../../protocol/identifiers/room-id.ts";

/** Who follows rooms. */
export interface Follower {
  wake(): void;
}

/**
 * One follower of one room, in two lists: of the room, and of the follower. It costs 64 bytes; a room costs some 150, its
 * id among them. Ten thousand syncs that wait for twenty rooms each keep 13 MB in rooms that they share, and 40 MB where
 * each waits for rooms of its own.
 */
interface Following {
  readonly follower: Follower;
  readonly room: Room;
  older: Following | undefined;
  newer: Following | undefined;
  /** The follower's next room. */
  readonly next: Following | undefined;
}

interface Room {
  readonly id: RoomId;
  newest: Following | undefined;
}

/** The rooms of one follower; `undefined`: none. */
export type FollowedList = Following | undefined;

/** Rooms whose last wake is remembered: more than are woken while one sync reads, which takes some ms as a rule. */
const mostRemembered = 1000;

/** Which rooms are waited for, and which were woken lately. */
export class FollowedRooms {
  readonly #rooms = new Map<RoomId, Room>();
  /** The number of each room's last wake, the oldest first. */
  readonly #lastWakes = new Map<RoomId, number>();
  /** The newest wake that is not remembered any more. */
  #forgotten = 0;
  #wakes = 0;

  /** The number of the last wake of any room. */
  get lastWake(): number {
    return this.#wakes;
  }

  wake(roomId: RoomId): void {
    this.#lastWakes.delete(roomId);
    this.#lastWakes.set(roomId, ++this.#wakes);
    if (this.#lastWakes.size > mostRemembered) this.#forgetOldest();
    for (let following = this.#rooms.get(roomId)?.newest; following; following = following.older) {
      following.follower.wake();
    }
  }

  /** Whether one of these rooms was woken after a wake: when that is long ago it may be said of rooms that were not. */
  wereWoken(roomIds: readonly RoomId[], since: number): boolean {
    if (since === this.#wakes || roomIds.length === 0) return false;
    return since < this.#forgotten || roomIds.some((roomId) => (this.#lastWakes.get(roomId) ?? 0) > since);
  }

  follow(follower: Follower, roomIds: readonly RoomId[]): FollowedList {
    let list: FollowedList;
    for (const id of roomIds) {
      let room = this.#rooms.get(id);
      if (!room) {
        room = { id, newest: undefined };
        this.#rooms.set(id, room);
      }
      list = { follower, room, older: room.newest, newer: undefined, next: list };
      if (room.newest) room.newest.newer = list;
      room.newest = list;
    }
    return list;
  }

  unfollow(list: FollowedList): void {
    for (let following = list; following; following = following.next) {
      const { room, older, newer } = following;
      if (older) older.newer = newer;
      if (newer) newer.older = older;
      else room.newest = older;
      if (!room.newest) this.#rooms.delete(room.id);
    }
  }

  #forgetOldest(): void {
    for (const [roomId, number] of this.#lastWakes) {
      this.#lastWakes.delete(roomId);
      this.#forgotten = number;
      return;
    }
  }
}

/** The ids of the rooms in a list. */
export function followedIds(list: FollowedList): Set<RoomId> {
  const ids = new Set<RoomId>();
  for (let following = list; following; following = following.next) ids.add(following.room.id);
  return ids;
}
