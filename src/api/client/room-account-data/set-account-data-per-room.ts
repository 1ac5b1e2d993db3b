import { type SetRoomAccountDataDeps, setRoomAccountData } from "../../../domain/account-data/set-room-account-data.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { requireUserId } from "../../../protocol/identifiers/user-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyObject } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export const setAccountDataPerRoomEndpoint: Endpoint<SetRoomAccountDataDeps> = {
  operationId: "setAccountDataPerRoom",
  method: "PUT",
  paths: clientPaths("/user/:userId/rooms/:roomId/account_data/:type", "r0"),
  caller: "user",
  rateLimit: "other",
  body: anyObject,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridroomsroomidaccount_datatype",

  async handle(deps, { requester, params, body }) {
    const { userId, roomId = "", type = "" } = params;
    const ofUser = { userId: requireUserId(userId, "userId"), roomId: requireRoomId(roomId, "roomId") };
    await setRoomAccountData(deps, requester, { ...ofUser, type, content: body });
    return {};
  },
};
