import { type EnteringDeps, knockOnRoom } from "../../../domain/room-memberships/knock-on-room.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";
import { roomEntry } from "./member-request.ts";

/** `via` is not read: rooms are those of this server. */
export const knockRoomEndpoint: Endpoint<EnteringDeps> = {
  operationId: "knockRoom",
  method: "POST",
  paths: clientPaths("/knock/:roomIdOrAlias"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3knockroomidoralias",

  async handle(deps, call) {
    const { roomIdOrAlias = "" } = call.params;
    return { room_id: await knockOnRoom(deps, call.requester, roomEntry(call, roomIdOrAlias)) };
  },
};
