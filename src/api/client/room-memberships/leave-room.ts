import type { ActingDeps } from "../../../domain/room-memberships/act-in-room.ts";
import { leaveRoom } from "../../../domain/room-memberships/leave-room.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";
import { ownChange } from "./member-request.ts";

export const leaveRoomEndpoint: Endpoint<ActingDeps> = {
  operationId: "leaveRoom",
  method: "POST",
  paths: clientPaths("/rooms/:roomId/leave", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidleave",

  async handle(deps, call) {
    await leaveRoom(deps, call.requester, ownChange(call));
    return {};
  },
};
