import type { Clock } from "../../../domain/kernel/clock.ts";
import { givingWay } from "../../../domain/kernel/give-way.ts";
import { eventText } from "../../../domain/room-timelines/event-text.ts";
import type { ShownEvent } from "../../../domain/room-timelines/shown-event.ts";

/** Events of one piece: a millisecond of work. */
const atOnce = 50;

/**
 * JSON text of events with commas between them, after `before` and followed by `after`, piece by piece. Whoever reads fast
 * does not keep others from having their turns.
 */
export async function* eventPieces(
  before: string,
  pages: AsyncIterable<readonly ShownEvent[]>,
  after: string,
  clock: Clock,
): AsyncIterable<string> {
  const format = { now: clock.now(), withRoomId: true };
  const giveWay = givingWay(clock);
  yield before;
  let comma = "";
  for await (const events of pages) {
    for (let start = 0; start < events.length; start += atOnce) {
      await giveWay();
      const texts = events.slice(start, start + atOnce).map((event) => eventText(event, format));
      yield `${comma}${texts.join(",")}`;
      comma = ",";
    }
  }
  yield after;
}
