import { redactEvent } from "../../../domain/room-timelines/redact-event.ts";
import type { SendEventDeps } from "../../../domain/room-timelines/send-event.ts";
import { requireEventId } from "../../../protocol/identifiers/event-id.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { objectWith, textOrNull } from "../../reading/json-schema.ts";
import { textOf } from "../../reading/optional-text.ts";
import { clientPaths } from "../client-paths.ts";

export const redactEventEndpoint: Endpoint<SendEventDeps> = {
  operationId: "redactEvent",
  method: "PUT",
  paths: clientPaths("/rooms/:roomId/redact/:eventId/:txnId", "r0"),
  caller: "user",
  rateLimit: "messages",
  body: objectWith({}, { reason: textOrNull }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidredacteventidtxnid",

  async handle(deps, { requester, params, body }) {
    const { roomId = "", eventId = "", txnId = "" } = params;
    const reason = textOf(body["reason"]);
    const redactionId = await redactEvent(deps, requester, {
      roomId: requireRoomId(roomId, "roomId"),
      eventId: requireEventId(eventId, "eventId"),
      transactionId: txnId,
      content: reason === undefined ? {} : { reason },
    });
    return { event_id: redactionId };
  },
};
