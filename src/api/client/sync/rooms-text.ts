import { type EventFormat, eventText } from "../../../domain/room-timelines/event-text.ts";
import type { SyncAnswer } from "../../../domain/sync/sync.ts";
import { objectText } from "../../../protocol/json-text.ts";
import { formatPageToken } from "../../../protocol/page-token.ts";
import { ephemeralTexts } from "./ephemeral-text.ts";

type Rooms = SyncAnswer["rooms"];
type JoinedRoom = Rooms["join"][number];
type LeftRoom = Rooms["leave"][number];
type StrippedRoom = Rooms["invite"][number];
type RoomEvent = LeftRoom["state"][number];

export interface RoomsFormat extends Omit<EventFormat, "withRoomId"> {
  /** What clients asked for the state as: `state`, `state_after`, or that name before it was stable. */
  readonly stateName: string;
}

/** Events of one piece. */
const pieceLength = 50;

/**
 * The text of `rooms`, piece by piece: rooms may be many, and their states long.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export function* roomsPieces(rooms: Rooms, format: RoomsFormat): Iterable<string> {
  yield '{"join":{';
  yield* roomPieces(rooms.join, (room) => joinedPieces(room, format));
  yield '},"invite":{';
  yield* roomPieces(rooms.invite, (room) => strippedPieces("invite_state", room));
  yield '},"knock":{';
  yield* roomPieces(rooms.knock, (room) => strippedPieces("knock_state", room));
  yield '},"leave":{';
  yield* roomPieces(rooms.leave, (room) => historyPieces(room, format));
  yield "}}";
}

function* roomPieces<Room extends { readonly roomId: string }>(
  rooms: readonly Room[],
  piecesOf: (room: Room) => Iterable<string>,
): Iterable<string> {
  let start = "";
  for (const room of rooms) {
    yield `${start}${JSON.stringify(room.roomId)}:{`;
    yield* piecesOf(room);
    yield "}";
    start = ",";
  }
}

function* joinedPieces(room: JoinedRoom, format: RoomsFormat): Iterable<string> {
  yield* historyPieces(room, format);
  const { summary, ephemeral, unread } = room;
  const members: [string, string][] = [
    ["ephemeral", eventsText(ephemeralTexts(ephemeral))],
    ["unread_notifications", countsText(unread)],
  ];
  if (unread.threads && unread.threads.size > 0) {
    const threads = [...unread.threads].map(([rootId, counts]) => [rootId, countsText(counts)] as const);
    members.push(["unread_thread_notifications", objectText(threads)]);
  }
  if (summary) members.push(["summary", summaryText(summary)]);
  for (const [name, text] of members) yield `,"${name}":${text}`;
}

function* historyPieces({ timeline, state, accountData }: LeftRoom, format: RoomsFormat): Iterable<string> {
  const eventFormat = { now: format.now, withRoomId: false };
  yield '"timeline":{"events":[';
  yield* eventPieces(timeline.events, (event) => eventText(event, eventFormat));
  yield `],"limited":${timeline.limited}`;
  if (timeline.previous) yield `,"prev_batch":"${formatPageToken(timeline.previous)}"`;
  yield `},"${format.stateName}":{"events":[`;
  yield* eventPieces(state, (event) => eventText({ event }, eventFormat));
  yield `]},"account_data":${eventsText(accountData.map(accountDataText))}`;
}

function* eventPieces<Event>(events: readonly Event[], textOf: (event: Event) => string): Iterable<string> {
  for (let from = 0; from < events.length; from += pieceLength) {
    const texts = events.slice(from, from + pieceLength).map(textOf);
    yield `${from === 0 ? "" : ","}${texts.join(",")}`;
  }
}

function* strippedPieces(name: string, { state }: StrippedRoom): Iterable<string> {
  yield `"${name}":${eventsText(state.map(strippedText))}`;
}

/** https://spec.matrix.org/v1.19/client-server-api/#stripped-state */
function strippedText({ type, stateKey = "", sender, content }: RoomEvent): string {
  return objectText([
    ["type", JSON.stringify(type)],
    ["state_key", JSON.stringify(stateKey)],
    ["sender", JSON.stringify(sender)],
    ["content", content],
  ]);
}

function summaryText({ joinedMembers, invitedMembers, heroes }: NonNullable<JoinedRoom["summary"]>): string {
  return JSON.stringify({
    "m.joined_member_count": joinedMembers,
    "m.invited_member_count": invitedMembers,
    "m.heroes": heroes,
  });
}

function countsText({ notifications, highlights }: { notifications: number; highlights: number }): string {
  return `{"notification_count":${notifications},"highlight_count":${highlights}}`;
}

function accountDataText({ type, content }: LeftRoom["accountData"][number]): string {
  return `{"type":${JSON.stringify(type)},"content":${content}}`;
}

function eventsText(events: readonly string[]): string {
  return `{"events":[${events.join(",")}]}`;
}
