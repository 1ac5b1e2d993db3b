import { type StoreRoomKeysDeps, storeRoomKeys } from "../../../domain/key-backup/store-room-keys.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyObject } from "../../reading/json-schema.ts";
import { requiredParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { keyStateAnswer } from "./key-state-answer.ts";

export const putRoomKeyBySessionIdEndpoint: Endpoint<StoreRoomKeysDeps> = {
  operationId: "putRoomKeyBySessionId",
  method: "PUT",
  paths: clientPaths("/room_keys/keys/:roomId/:sessionId", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  body: anyObject,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keyskeysroomidsessionid",

  async handle(deps, { requester, params, query, body }) {
    const { roomId = "", sessionId = "" } = params;
    const version = requiredParameter(query, "version");
    const keys = [{ roomId, sessionId, key: body }];
    return keyStateAnswer(await storeRoomKeys(deps, requester, { version, keys }));
  },
};
