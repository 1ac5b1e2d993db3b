import type { ActingDeps } from "../../../domain/room-memberships/act-in-room.ts";
import { forgetRoom } from "../../../domain/room-memberships/forget-room.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const forgetRoomEndpoint: Endpoint<ActingDeps> = {
  operationId: "forgetRoom",
  method: "POST",
  paths: clientPaths("/rooms/:roomId/forget", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidforget",

  async handle(deps, { requester, params: { roomId = "" } }) {
    await forgetRoom(deps, requester, requireRoomId(roomId, "roomId"));
    return {};
  },
};
