import { EventTooLargeError } from "../../protocol/events/event-too-large-error.ts";
import { type JsonObject, requireStorable } from "../../protocol/json.ts";

/** Of a whole event: https://spec.matrix.org/v1.19/client-server-api/#size-limits */
const mostBytes = 65_536;

/**
 * Refuses, before a room is held up, content that no event can have. Whether the event with all that the server adds is
 * small enough is known when it is sealed.
 *
 * @param where the member that holds it, for the message
 * @throws EventTooLargeError; MatrixError `M_BAD_JSON` naming the path
 */
export function requireEventContent(content: JsonObject, where = "content"): void {
  if (Buffer.byteLength(JSON.stringify(content)) > mostBytes) {
    throw new EventTooLargeError(`${where} has more than the ${mostBytes} bytes of an event`);
  }
  requireStorable(content, where);
}
