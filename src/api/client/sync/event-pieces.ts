import { type EventFields, keepFieldsOfText } from "../../../domain/filters/event-fields.ts";

/** Events of one piece. */
const pieceLength = 50;

/**
 * JSON texts of events with commas between them, piece by piece.
 *
 * @param fields what of them is told; `undefined`: all. Only then is a text looked into, and each is a piece of its own
 */
export function* eventPieces<Event>(
  events: readonly Event[],
  textOf: (event: Event) => string,
  fields: EventFields | undefined,
): Iterable<string> {
  const atOnce = fields ? 1 : pieceLength;
  const told = fields ? (event: Event) => keepFieldsOfText(textOf(event), fields) : textOf;
  for (let from = 0; from < events.length; from += atOnce) {
    const texts = events.slice(from, from + atOnce).map(told);
    yield `${from === 0 ? "" : ","}${texts.join(",")}`;
  }
}

/** JSON text of an object with such events. */
export function* eventsPieces<Event>(
  events: readonly Event[],
  textOf: (event: Event) => string,
  fields: EventFields | undefined,
): Iterable<string> {
  yield '{"events":[';
  yield* eventPieces(events, textOf, fields);
  yield "]}";
}

/** Text, or what is so long that it is read as it is sent. */
export type Piece = string | AsyncIterable<string>;

/** As `eventPieces`, of pages that come behind others. */
export async function* furtherPieces<Event>(
  pages: AsyncIterable<readonly Event[]>,
  { isFirst }: { readonly isFirst: boolean },
  textOf: (event: Event) => string,
  fields: EventFields | undefined,
): AsyncIterable<string> {
  let comma = isFirst ? "" : ",";
  for await (const events of pages) {
    let start = comma;
    for (const piece of eventPieces(events, textOf, fields)) {
      yield `${start}${piece}`;
      start = "";
      comma = ",";
    }
  }
}

/** JSON text of account data as clients get it. */
export function accountDataText({ type, content }: { readonly type: string; readonly content: string }): string {
  return `{"type":${JSON.stringify(type)},"content":${content}}`;
}
