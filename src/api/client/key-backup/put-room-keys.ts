import { keysOfRooms } from "../../../domain/key-backup/given-key.ts";
import { type StoreRoomKeysDeps, storeRoomKeys } from "../../../domain/key-backup/store-room-keys.ts";
import type { JsonObject } from "../../../protocol/json.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyObject, objectWith } from "../../reading/json-schema.ts";
import { requiredParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { keyStateAnswer } from "./key-state-answer.ts";

export const putRoomKeysEndpoint: Endpoint<StoreRoomKeysDeps> = {
  operationId: "putRoomKeys",
  method: "PUT",
  paths: clientPaths("/room_keys/keys", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  body: objectWith({ rooms: anyObject }),
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3room_keyskeys",

  async handle(deps, { requester, query, body }) {
    const version = requiredParameter(query, "version");
    const keys = keysOfRooms(body["rooms"] as JsonObject);
    return keyStateAnswer(await storeRoomKeys(deps, requester, { version, keys }));
  },
};
