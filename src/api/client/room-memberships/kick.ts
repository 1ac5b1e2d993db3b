import type { ActingDeps } from "../../../domain/room-memberships/act-in-room.ts";
import { kickUser } from "../../../domain/room-memberships/kick-user.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";
import { targetBody, targetedChange } from "./member-request.ts";

export const kickEndpoint: Endpoint<ActingDeps> = {
  operationId: "kick",
  method: "POST",
  paths: clientPaths("/rooms/:roomId/kick", "r0"),
  caller: "user",
  rateLimit: "other",
  body: targetBody,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidkick",

  async handle(deps, call) {
    await kickUser(deps, call.requester, targetedChange(call));
    return {};
  },
};
