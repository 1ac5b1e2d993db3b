import { joinRoom } from "../../../domain/room-memberships/join-room.ts";
import type { EnteringDeps } from "../../../domain/room-memberships/knock-on-room.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";
import { roomEntry } from "./member-request.ts";

/** `via` is not read: rooms are those of this server. */
export const joinRoomEndpoint: Endpoint<EnteringDeps> = {
  operationId: "joinRoom",
  method: "POST",
  paths: clientPaths("/join/:roomIdOrAlias", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3joinroomidoralias",

  async handle(deps, call) {
    const { roomIdOrAlias = "" } = call.params;
    return { room_id: await joinRoom(deps, call.requester, roomEntry(call, roomIdOrAlias)) };
  },
};
