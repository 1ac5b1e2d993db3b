import type { EventId } from "../../protocol/identifiers/event-id.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { Requester } from "../kernel/requester.ts";
import { requireEventContent } from "../rooms/require-event-content.ts";
import { appendRedaction } from "./append-redaction.ts";
import type { EventOfRoom } from "./get-event.ts";
import { type SendEventDeps, sendOnce } from "./send-event.ts";

export interface RedactEventRequest extends EventOfRoom {
  readonly transactionId: string;
  readonly content: JsonObject;
}

/**
 * Redacts an event: once for each transaction id of a device and event.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidredacteventidtxnid
 *
 * @throws MatrixError as `appendRedaction`, `M_INVALID_PARAM` for the transaction id
 */
export async function redactEvent(
  deps: SendEventDeps,
  requester: Requester,
  { roomId, eventId, transactionId, content }: RedactEventRequest,
): Promise<EventId> {
  requireEventContent(content);
  // The same transaction id for another event is another request.
  const eventType = `m.room.redaction ${eventId}`;
  return sendOnce(deps, requester, { roomId, eventType, transactionId }, (room, stores, transaction) => {
    return appendRedaction(room, stores, requester.userId, { content: { ...content, redacts: eventId }, transaction });
  });
}
