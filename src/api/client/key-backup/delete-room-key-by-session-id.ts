import { type DeleteRoomKeysDeps, deleteRoomKey } from "../../../domain/key-backup/delete-room-keys.ts";
import type { Endpoint } from "../../endpoint.ts";
import { requiredParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { keyStateAnswer } from "./key-state-answer.ts";

export const deleteRoomKeyBySessionIdEndpoint: Endpoint<DeleteRoomKeysDeps> = {
  operationId: "deleteRoomKeyBySessionId",
  method: "DELETE",
  paths: clientPaths("/room_keys/keys/:roomId/:sessionId", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3room_keyskeysroomidsessionid",

  async handle(deps, { requester, params, query }) {
    const { roomId = "", sessionId = "" } = params;
    const version = requiredParameter(query, "version");
    return keyStateAnswer(await deleteRoomKey(deps, requester, { version, roomId, sessionId }));
  },
};
