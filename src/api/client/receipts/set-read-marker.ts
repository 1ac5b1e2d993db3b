import { type PostReceiptDeps, postReceipt, requireReceiptType } from "../../../domain/receipts/post-receipt.ts";
import { requireEventId } from "../../../protocol/identifiers/event-id.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { objectWith, textOrNull } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export const setReadMarkerEndpoint: Endpoint<PostReceiptDeps> = {
  operationId: "setReadMarker",
  method: "POST",
  paths: clientPaths("/rooms/:roomId/read_markers", "r0"),
  caller: "user",
  rateLimit: "other",
  body: objectWith({}, { "m.fully_read": textOrNull, "m.read": textOrNull, "m.read.private": textOrNull }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidread_markers",

  async handle(deps, { requester, params, body }) {
    const receipts = ["m.fully_read", "m.read", "m.read.private"].flatMap((type) => {
      const eventId = body[type] ?? undefined;
      if (eventId === undefined) return [];
      return { type: requireReceiptType(type), eventId: requireEventId(eventId, type), threadId: undefined };
    });
    await postReceipt(deps, requester, requireRoomId(params["roomId"] ?? "", "roomId"), receipts);
    return {};
  },
};
