import type { EventFields } from "../../../domain/filters/event-fields.ts";
import { type EventFormat, eventText } from "../../../domain/room-timelines/event-text.ts";
import { strippedEventText } from "../../../domain/room-timelines/stripped-event-text.ts";
import type { SyncAnswer } from "../../../domain/sync/sync.ts";
import { objectText } from "../../../protocol/json-text.ts";
import { formatPageToken } from "../../../protocol/page-token.ts";
import { ephemeralTexts } from "./ephemeral-text.ts";
import { accountDataText, eventPieces, eventsPieces, furtherPieces, type Piece } from "./event-pieces.ts";

type Rooms = SyncAnswer["rooms"];
type JoinedRoom = Rooms["join"][number];
type LeftRoom = Rooms["leave"][number];
type StrippedRoom = Rooms["invite"][number];

export interface RoomsFormat extends Omit<EventFormat, "withRoomId"> {
  /** What clients asked for the state as: `state`, `state_after`, or that name before it was stable. */
  readonly stateName: string;
  /** What is told of events; `undefined`: all. */
  readonly fields: EventFields | undefined;
  readonly readFurther: SyncAnswer["readFurther"];
}

/**
 * The text of `rooms`, piece by piece: rooms may be many, and their states long.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync
 */
export function* roomsPieces(rooms: Rooms, format: RoomsFormat): Iterable<Piece> {
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
  piecesOf: (room: Room) => Iterable<Piece>,
): Iterable<Piece> {
  let start = "";
  for (const room of rooms) {
    yield `${start}${JSON.stringify(room.roomId)}:{`;
    yield* piecesOf(room);
    yield "}";
    start = ",";
  }
}

function* joinedPieces(room: JoinedRoom, format: RoomsFormat): Iterable<Piece> {
  yield* historyPieces(room, format);
  const { summary, ephemeral, unread } = room;
  yield ',"ephemeral":';
  yield* eventsPieces(ephemeralTexts(ephemeral), (text) => text, format.fields);
  const members: [string, string][] = [["unread_notifications", countsText(unread)]];
  if (unread.threads && unread.threads.size > 0) {
    const threads = [...unread.threads].map(([rootId, counts]) => [rootId, countsText(counts)] as const);
    members.push(["unread_thread_notifications", objectText(threads)]);
  }
  if (summary) members.push(["summary", summaryText(summary)]);
  for (const [name, text] of members) yield `,"${name}":${text}`;
}

function* historyPieces(room: LeftRoom, format: RoomsFormat): Iterable<Piece> {
  const { timeline, state, furtherState, accountData } = room;
  const { now, fields, stateName, readFurther } = format;
  const eventFormat = { now, withRoomId: false };
  yield '"timeline":{"events":[';
  yield* eventPieces(timeline.events, (event) => eventText(event, eventFormat), fields);
  yield `],"limited":${timeline.limited}`;
  if (timeline.previous) yield `,"prev_batch":"${formatPageToken(timeline.previous)}"`;
  yield `},"${stateName}":{"events":[`;
  yield* eventPieces(state, (event) => eventText(event, eventFormat), fields);
  if (furtherState) {
    const pages = readFurther(furtherState);
    yield furtherPieces(pages, { isFirst: state.length === 0 }, (event) => eventText(event, eventFormat), fields);
  }
  yield ']},"account_data":';
  yield* eventsPieces(accountData, accountDataText, fields);
}

function* strippedPieces(name: string, { state }: StrippedRoom): Iterable<string> {
  yield `"${name}":${eventsText(state.map(strippedEventText))}`;
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

function eventsText(events: readonly string[]): string {
  return `{"events":[${events.join(",")}]}`;
}
