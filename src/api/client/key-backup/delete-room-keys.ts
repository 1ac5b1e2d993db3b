import { type DeleteRoomKeysDeps, deleteAllRoomKeys } from "../../../domain/key-backup/delete-room-keys.ts";
import type { Endpoint } from "../../endpoint.ts";
import { requiredParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { keyStateAnswer } from "./key-state-answer.ts";

export const deleteRoomKeysEndpoint: Endpoint<DeleteRoomKeysDeps> = {
  operationId: "deleteRoomKeys",
  method: "DELETE",
  paths: clientPaths("/room_keys/keys", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3room_keyskeys",

  async handle(deps, { requester, query }) {
    const version = requiredParameter(query, "version");
    return keyStateAnswer(await deleteAllRoomKeys(deps, requester, version));
  },
};
