import { deleteRoomTag } from "../../../domain/account-data/room-tags.ts";
import type { SetRoomAccountDataDeps } from "../../../domain/account-data/set-room-account-data.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { requireUserId } from "../../../protocol/identifiers/user-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const deleteRoomTagEndpoint: Endpoint<SetRoomAccountDataDeps> = {
  operationId: "deleteRoomTag",
  method: "DELETE",
  paths: clientPaths("/user/:userId/rooms/:roomId/tags/:tag", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#delete_matrixclientv3useruseridroomsroomidtagstag",

  async handle(deps, { requester, params }) {
    const { userId, roomId = "" } = params;
    const ofUser = { userId: requireUserId(userId, "userId"), roomId: requireRoomId(roomId, "roomId") };
    await deleteRoomTag(deps, requester, ofUser, params["tag"] ?? "");
    return {};
  },
};
