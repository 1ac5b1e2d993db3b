import type { ActingDeps } from "../../../domain/room-memberships/act-in-room.ts";
import { banUser } from "../../../domain/room-memberships/ban-user.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";
import { targetBody, targetedChange } from "./member-request.ts";

export const banEndpoint: Endpoint<ActingDeps> = {
  operationId: "ban",
  method: "POST",
  paths: clientPaths("/rooms/:roomId/ban", "r0"),
  caller: "user",
  rateLimit: "other",
  body: targetBody,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidban",

  async handle(deps, call) {
    await banUser(deps, call.requester, targetedChange(call));
    return {};
  },
};
