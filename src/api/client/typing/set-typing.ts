import { type SetTypingDeps, setTyping } from "../../../domain/typing/set-typing.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { requireUserId } from "../../../protocol/identifiers/user-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { duration, objectWith } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export const setTypingEndpoint: Endpoint<SetTypingDeps> = {
  operationId: "setTyping",
  method: "PUT",
  paths: clientPaths("/rooms/:roomId/typing/:userId", "r0"),
  caller: "user",
  rateLimit: "other",
  body: objectWith({ typing: { type: "boolean" } }, { timeout: duration }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidtypinguserid",

  async handle(deps, { requester, params, body }) {
    const { userId, roomId = "" } = params;
    const ofUser = { userId: requireUserId(userId, "userId"), roomId: requireRoomId(roomId, "roomId") };
    const { typing, timeout } = body;
    await setTyping(deps, requester, { ...ofUser, typing: typing === true, timeout: timeout as number | undefined });
    return {};
  },
};
