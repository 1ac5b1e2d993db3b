import type { RoomFilter } from "../../../filters/filter.ts";
import type { JoinedRoom } from "./joined-room.ts";
import type { RoomsRead } from "./rooms-section.ts";
import { splitOf, sumOf, tallyUnread } from "./tally-unread.ts";
import type { UnreadCounts, UnreadMemory, UnreadTally } from "./unread-memory.ts";

/** How much a user has not read in a room. */
export interface UnreadPart extends UnreadCounts {
  /** By their roots, where the filter asks for them; then the counts above are those of the main timeline. */
  readonly threads: UnreadTally | undefined;
}

export interface RoomsAnswer extends Omit<RoomsRead, "join"> {
  readonly join: readonly (JoinedRoom & { readonly unread: UnreadPart })[];
}

/** Outside the snapshot: counts what is unread. */
export async function finishRooms(
  memory: UnreadMemory,
  read: RoomsRead,
  { timeline }: RoomFilter,
  giveWay: () => Promise<void>,
): Promise<RoomsAnswer> {
  const join: (JoinedRoom & { unread: UnreadPart })[] = [];
  for (const { unread: material, ...room } of read.join) {
    const tally = await tallyUnread(memory, material, giveWay);
    const { main, threads } = splitOf(tally);
    const unread = timeline.unreadThreadNotifications ? { ...main, threads } : { ...sumOf(tally), threads: undefined };
    join.push({ ...room, unread });
  }
  return { ...read, join };
}
