import { keysOfRoom } from "../../../domain/key-backup/given-key.ts";
import { type StoreRoomKeysDeps, storeRoomKeys } from "../../../domain/key-backup/store-room-keys.ts";
import type { JsonObject } from "../../../protocol/json.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyObject, objectWith } from "../../reading/json-schema.ts";
import { requiredParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { keyStateAnswer } from "./key-state-answer.ts";

export const putRoomKeysByRoomIdEndpoint: Endpoint<StoreRoomKeysDeps> = {
  operationId: "putRoomKeysByRoomId",
  method: "PUT",
  paths: clientPaths("/room_keys/keys/:roomId", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  body: objectWith({ sessions: anyObject }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keyskeysroomid",

  async handle(deps, { requester, params, query, body }) {
    const { roomId = "" } = params;
    const version = requiredParameter(query, "version");
    const keys = keysOfRoom(roomId, body["sessions"] as JsonObject);
    return keyStateAnswer(await storeRoomKeys(deps, requester, { version, keys }));
  },
};
