import type { ActingDeps } from "../../../domain/room-memberships/act-in-room.ts";
import { unbanUser } from "../../../domain/room-memberships/unban-user.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";
import { targetBody, targetedChange } from "./member-request.ts";

export const unbanEndpoint: Endpoint<ActingDeps> = {
  operationId: "unban",
  method: "POST",
  paths: clientPaths("/rooms/:roomId/unban", "r0"),
  caller: "user",
  rateLimit: "other",
  body: targetBody,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidunban",

  async handle(deps, call) {
    await unbanUser(deps, call.requester, targetedChange(call));
    return {};
  },
};
