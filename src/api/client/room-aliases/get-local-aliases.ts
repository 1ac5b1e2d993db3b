import { type GetLocalAliasesDeps, getLocalAliases } from "../../../domain/room-aliases/get-local-aliases.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const getLocalAliasesEndpoint: Endpoint<GetLocalAliasesDeps> = {
  operationId: "getLocalAliases",
  method: "GET",
  paths: clientPaths("/rooms/:roomId/aliases", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidaliases",

  async handle(deps, { requester, params: { roomId = "" } }) {
    return { aliases: await getLocalAliases(deps, requester, requireRoomId(roomId, "roomId")) };
  },
};
