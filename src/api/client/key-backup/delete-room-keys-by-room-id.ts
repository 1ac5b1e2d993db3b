import { type DeleteRoomKeysDeps, deleteKeysOfRoom } from "../../../domain/key-backup/delete-room-keys.ts";
import type { Endpoint } from "../../endpoint.ts";
import { requiredParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { keyStateAnswer } from "./key-state-answer.ts";

export const deleteRoomKeysByRoomIdEndpoint: Endpoint<DeleteRoomKeysDeps> = {
  operationId: "deleteRoomKeysByRoomId",
  method: "DELETE",
  paths: clientPaths("/room_keys/keys/:roomId", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3room_keyskeysroomid",

  async handle(deps, { requester, params, query }) {
    const { roomId = "" } = params;
    const version = requiredParameter(query, "version");
    return keyStateAnswer(await deleteKeysOfRoom(deps, requester, { version, roomId }));
  },
};
