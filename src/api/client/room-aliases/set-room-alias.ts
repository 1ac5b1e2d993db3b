import { type SetRoomAliasDeps, setRoomAlias } from "../../../domain/room-aliases/set-room-alias.ts";
import { requireRoomAlias } from "../../../protocol/identifiers/room-alias.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { type Endpoint, StatusAnswer } from "../../endpoint.ts";
import { objectWith, text } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export const setRoomAliasEndpoint: Endpoint<SetRoomAliasDeps> = {
  operationId: "setRoomAlias",
  method: "PUT",
  paths: clientPaths("/directory/room/:roomAlias", "r0"),
  caller: "user",
  rateLimit: "other",
  body: objectWith({ room_id: text }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3directoryroomroomalias",

  async handle(deps, { requester, params, body }) {
    const alias = requireRoomAlias(params["roomAlias"], "roomAlias");
    const { room_id } = body as { room_id: string };
    const isSet = await setRoomAlias(deps, requester, { alias, roomId: requireRoomId(room_id, "room_id") });
    // The specification has this status, and no errcode of its own for it.
    return isSet ? {} : new StatusAnswer(409, { errcode: "M_UNKNOWN", error: "The alias is taken" });
  },
};
