import type { GetRoomAccountDataDeps } from "../../../domain/account-data/get-room-account-data.ts";
import { getRoomTags } from "../../../domain/account-data/room-tags.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { requireUserId } from "../../../protocol/identifiers/user-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const getRoomTagsEndpoint: Endpoint<GetRoomAccountDataDeps> = {
  operationId: "getRoomTags",
  method: "GET",
  paths: clientPaths("/user/:userId/rooms/:roomId/tags", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3useruseridroomsroomidtags",

  handle(deps, { requester, params }) {
    const { userId, roomId = "" } = params;
    const ofUser = { userId: requireUserId(userId, "userId"), roomId: requireRoomId(roomId, "roomId") };
    return getRoomTags(deps, requester, ofUser);
  },
};
