import { type ReadRoomKeysDeps, readRoomKeys } from "../../../domain/key-backup/read-room-keys.ts";
import { type Endpoint, StreamedJson } from "../../endpoint.ts";
import { requiredParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { roomText } from "./room-keys-text.ts";

export const getRoomKeysByRoomIdEndpoint: Endpoint<ReadRoomKeysDeps> = {
  operationId: "getRoomKeysByRoomId",
  method: "GET",
  paths: clientPaths("/room_keys/keys/:roomId", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keyskeysroomid",

  async handle(deps, { requester, params, query }) {
    const { roomId = "" } = params;
    const version = requiredParameter(query, "version");
    return new StreamedJson(roomText(await readRoomKeys(deps, requester, { version, roomId })));
  },
};
