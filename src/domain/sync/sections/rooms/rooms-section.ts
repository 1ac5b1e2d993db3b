import type { RoomId } from "../../../../protocol/identifiers/room-id.ts";
import type { AccountData } from "../../../account-data/account-data-store.ts";
import { type IgnoredUsersMemory, recallIgnoredUsers } from "../../../account-data/ignored-users.ts";
import { passesBeside, passesRoom } from "../../../filters/room-event-filter.ts";
import { pushRulesType } from "../../../push-rules/edited-rules.ts";
import { hasContentMember } from "../../../rooms/content-member.ts";
import { isKnown, type JoinedRoom, type RoomHistory, readJoinedRoom } from "./joined-room.ts";
import { readLeftRoom } from "./left-room.ts";
import type { RoomSectionStores, RoomsQuestion } from "./room-question.ts";
import type { ChangedRoom, NewsRange } from "./room-sync-store.ts";
import { readStrippedRoom, type StrippedRoom } from "./stripped-rooms.ts";
import { readUnreadMaterial, type UnreadMaterial, type UnreadReader } from "./unread-material.ts";
import { rulesOf, type UnreadMemory } from "./unread-memory.ts";

/** What a sync tells of rooms. What is unread in joined ones is still to be counted. */
export interface RoomsRead {
  readonly join: readonly (JoinedRoom & { readonly unread: UnreadMaterial })[];
  readonly invite: readonly StrippedRoom[];
  readonly knock: readonly StrippedRoom[];
  readonly leave: readonly RoomHistory[];
}

type AskedRooms = Omit<RoomsQuestion, "ignored" | "isLaden">;

/** What is found out once, and not at every sync. */
export interface RoomMemories {
  readonly unreadMemory: UnreadMemory;
  readonly ignoredUsers: IgnoredUsersMemory;
}

/** State events that an answer holds before the rest of each room's state is left for later. */
const mostHeld = 5000;

/** What is new in the user's rooms. */
export async function roomsSection(
  stores: RoomSectionStores,
  memories: RoomMemories,
  asked: AskedRooms,
): Promise<RoomsRead> {
  const { userId } = asked.requester;
  const read = { join: [], invite: [], knock: [], leave: [] } as {
    [Kind in keyof RoomsRead]: RoomsRead[Kind][number][];
  };
  let after: RoomId | undefined;
  let reading: Reading | undefined;
  for (;;) {
    const page = await stores.roomSync.listChangedRooms(userId, newsOf(asked), after);
    if (page.rooms.length > 0) reading ??= await beginReading(stores, memories, asked);
    const wanted = page.rooms.filter(({ roomId }) => passesRoom(asked.filter, roomId));
    // Side by side, for PostgreSQL then answers all of them with one statement.
    const isLaden = heldBy(read.join) + heldBy(read.leave) > mostHeld;
    const rooms = await Promise.all(wanted.map((room) => reading && readRoom(stores, reading, room, isLaden)));
    for (const room of rooms) {
      if (room?.join) read.join.push(room.join);
      if (room?.invite) read.invite.push(room.invite);
      if (room?.knock) read.knock.push(room.knock);
      if (room?.leave) read.leave.push(room.leave);
    }
    if (page.isLast) return read;
    after = page.rooms.at(-1)?.roomId;
  }
}

function heldBy(rooms: readonly RoomHistory[]): number {
  return rooms.reduce((count, { state }) => count + state.length, 0);
}

function newsOf({ since, whole, initial, filter: { includeLeave } }: AskedRooms): NewsRange {
  // A first sync leaves out what the user has left: the client knows nothing of it that would have to be taken back.
  const leftSince = initial && !includeLeave ? Number.MAX_SAFE_INTEGER : since;
  return { since: whole ? 0 : since, leftSince };
}

interface Reading {
  readonly question: Omit<RoomsQuestion, "isLaden">;
  readonly unread: UnreadReader;
  readonly accountData: ReadonlyMap<RoomId, readonly AccountData[]>;
}

/** What is read once for all rooms. */
async function beginReading(stores: RoomSectionStores, memories: RoomMemories, asked: AskedRooms): Promise<Reading> {
  const { requester, whole, since, upTo } = asked;
  const { userId } = requester;
  const [ignored, edited, accountData] = await Promise.all([
    recallIgnoredUsers(memories.ignoredUsers, stores, userId),
    stores.accountData.findContent(userId, pushRulesType),
    stores.roomAccountData.listChanged(userId, whole ? 0 : since),
  ]);
  const { unreadMemory: memory } = memories;
  return {
    question: { ...asked, ignored },
    unread: { userId, upTo, ignored, rules: rulesOf(memory, userId, edited), memory },
    accountData: Map.groupBy(accountData, ({ roomId }) => roomId),
  };
}

interface ReadRoom {
  readonly join?: RoomsRead["join"][number];
  readonly invite?: StrippedRoom | undefined;
  readonly knock?: StrippedRoom | undefined;
  readonly leave?: RoomHistory | undefined;
}

async function readRoom(
  stores: RoomSectionStores,
  reading: Reading,
  room: ChangedRoom,
  isLaden: boolean,
): Promise<ReadRoom> {
  const question = { ...reading.question, isLaden };
  const { membership } = room;
  if (membership === "invite") return { invite: await readStrippedRoom(stores, question, room) };
  if (membership === "knock") return { knock: await readStrippedRoom(stores, question, room) };
  const accountData = await accountDataOf(stores, reading, room);
  if (membership !== "join") return { leave: await readLeftRoom(stores, question, room, accountData) };
  const joined = await readJoinedRoom(stores, question, room, accountData);
  return joined ? { join: { ...joined, unread: await readUnreadMaterial(stores, reading.unread, room) } } : {};
}

/** All of it where the client does not know the room. */
async function accountDataOf(
  stores: RoomSectionStores,
  { question, accountData }: Reading,
  room: ChangedRoom,
): Promise<readonly AccountData[]> {
  const { filter, requester } = question;
  if (!passesRoom(filter.accountData, room.roomId)) return [];
  const changed =
    question.whole || isKnown(question, room)
      ? (accountData.get(room.roomId) ?? [])
      : await stores.roomAccountData.listOfRoom(requester.userId, room.roomId);
  return changed.filter((data) => passesBeside(filter.accountData, data.type, () => hasContentMember(data, "url")));
}
