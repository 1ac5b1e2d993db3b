import { type PostReceiptDeps, postReceipt, requireReceiptType } from "../../../domain/receipts/post-receipt.ts";
import { requireEventId } from "../../../protocol/identifiers/event-id.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { objectWith, textOrNull } from "../../reading/json-schema.ts";
import { textOf } from "../../reading/optional-text.ts";
import { clientPaths } from "../client-paths.ts";

export const postReceiptEndpoint: Endpoint<PostReceiptDeps> = {
  operationId: "postReceipt",
  method: "POST",
  paths: clientPaths("/rooms/:roomId/receipt/:receiptType/:eventId", "r0"),
  caller: "user",
  rateLimit: "other",
  body: objectWith({}, { thread_id: textOrNull }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidreceiptreceipttypeeventid",

  async handle(deps, { requester, params, body }) {
    const { roomId = "", receiptType, eventId } = params;
    await postReceipt(deps, requester, requireRoomId(roomId, "roomId"), [
      {
        type: requireReceiptType(receiptType),
        eventId: requireEventId(eventId, "eventId"),
        threadId: textOf(body["thread_id"]),
      },
    ]);
    return {};
  },
};
