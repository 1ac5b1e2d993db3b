import { type DeleteRoomAliasDeps, deleteRoomAlias } from "../../../domain/room-aliases/delete-room-alias.ts";
import { requireRoomAlias } from "../../../protocol/identifiers/room-alias.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const deleteRoomAliasEndpoint: Endpoint<DeleteRoomAliasDeps> = {
  operationId: "deleteRoomAlias",
  method: "DELETE",
  paths: clientPaths("/directory/room/:roomAlias", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3directoryroomroomalias",

  async handle(deps, { requester, params }) {
    await deleteRoomAlias(deps, requester, requireRoomAlias(params["roomAlias"], "roomAlias"));
    return {};
  },
};
