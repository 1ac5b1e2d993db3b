import { type ReadRoomKeysDeps, readRoomKeys } from "../../../domain/key-backup/read-room-keys.ts";
import { type Endpoint, StreamedJson } from "../../endpoint.ts";
import { requiredParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { roomsText } from "./room-keys-text.ts";

export const getRoomKeysEndpoint: Endpoint<ReadRoomKeysDeps> = {
  operationId: "getRoomKeys",
  method: "GET",
  paths: clientPaths("/room_keys/keys", "r0", "unstable"),
  caller: "user",
  rateLimit: "keys",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3room_keyskeys",

  async handle(deps, { requester, query }) {
    const version = requiredParameter(query, "version");
    return new StreamedJson(roomsText(await readRoomKeys(deps, requester, { version })));
  },
};
