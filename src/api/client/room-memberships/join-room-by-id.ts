import { joinRoom } from "../../../domain/room-memberships/join-room.ts";
import type { EnteringDeps } from "../../../domain/room-memberships/knock-on-room.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";
import { roomEntry } from "./member-request.ts";

export const joinRoomByIdEndpoint: Endpoint<EnteringDeps> = {
  operationId: "joinRoomById",
  method: "POST",
  paths: clientPaths("/rooms/:roomId/join", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidjoin",

  async handle(deps, call) {
    const { roomId = "" } = call.params;
    return { room_id: await joinRoom(deps, call.requester, roomEntry(call, requireRoomId(roomId, "roomId"))) };
  },
};
