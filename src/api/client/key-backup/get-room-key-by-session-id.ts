import { type ReadRoomKeysDeps, readRoomKey } from "../../../domain/key-backup/read-room-keys.ts";
import { type Endpoint, RenderedJson } from "../../endpoint.ts";
import { requiredParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { keyText } from "./room-keys-text.ts";

export const getRoomKeyBySessionIdEndpoint: Endpoint<ReadRoomKeysDeps> = {
  operationId: "getRoomKeyBySessionId",
  method: "GET",
  paths: clientPaths("/room_keys/keys/:roomId/:sessionId", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keyskeysroomidsessionid",

  async handle(deps, { requester, params, query }) {
    const { roomId = "", sessionId = "" } = params;
    const version = requiredParameter(query, "version");
    return new RenderedJson(keyText(await readRoomKey(deps, requester, { version, roomId, sessionId })));
  },
};
