import { type FindRoomByAliasDeps, findRoomByAlias } from "../../../domain/room-aliases/find-room-by-alias.ts";
import { requireRoomAlias } from "../../../protocol/identifiers/room-alias.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const getRoomIdByAliasEndpoint: Endpoint<FindRoomByAliasDeps> = {
  operationId: "getRoomIdByAlias",
  method: "GET",
  paths: clientPaths("/directory/room/:roomAlias", "r0"),
  caller: "anyone",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3directoryroomroomalias",

  async handle(deps, { accessToken, params }) {
    const alias = requireRoomAlias(params["roomAlias"], "roomAlias");
    const appservice = accessToken === undefined ? undefined : deps.appservices.findByToken(accessToken);
    const roomId = await findRoomByAlias(deps, alias, appservice?.id);
    return { room_id: roomId, servers: [deps.serverName] };
  },
};
