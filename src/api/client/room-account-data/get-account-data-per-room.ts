import { type GetRoomAccountDataDeps, getRoomAccountData } from "../../../domain/account-data/get-room-account-data.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { requireUserId } from "../../../protocol/identifiers/user-id.ts";
import { type Endpoint, RenderedJson } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const getAccountDataPerRoomEndpoint: Endpoint<GetRoomAccountDataDeps> = {
  operationId: "getAccountDataPerRoom",
  method: "GET",
  paths: clientPaths("/user/:userId/rooms/:roomId/account_data/:type", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidaccount_datatype",

  async handle(deps, { requester, params }) {
    const { userId, roomId = "", type = "" } = params;
    const ofUser = { userId: requireUserId(userId, "userId"), roomId: requireRoomId(roomId, "roomId") };
    return new RenderedJson(await getRoomAccountData(deps, requester, { ...ofUser, type }));
  },
};
