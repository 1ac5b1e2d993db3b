import { type SendEventDeps, sendEvent } from "../../../domain/room-timelines/send-event.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyObject } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";
import { massagedTimestamp } from "./massaged-timestamp.ts";

export const sendMessageEndpoint: Endpoint<SendEventDeps> = {
  operationId: "sendMessage",
  method: "PUT",
  paths: clientPaths("/rooms/:roomId/send/:eventType/:txnId", "r0"),
  caller: "user",
  rateLimit: "messages",
  body: anyObject,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid",

  async handle(deps, { requester, params, query, body }) {
    const { roomId = "", eventType = "", txnId = "" } = params;
    const eventId = await sendEvent(deps, requester, {
      roomId: requireRoomId(roomId, "roomId"),
      type: eventType,
      transactionId: txnId,
      content: body,
      originServerTs: massagedTimestamp(deps.clock, requester, query),
    });
    return { event_id: eventId };
  },
};
