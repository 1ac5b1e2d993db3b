import { setRoomTag } from "../../../domain/account-data/room-tags.ts";
import type { SetRoomAccountDataDeps } from "../../../domain/account-data/set-room-account-data.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { requireUserId } from "../../../protocol/identifiers/user-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyObject } from "../../reading/json-schema.ts";
import { clientPaths } from "../client-paths.ts";

export const setRoomTagEndpoint: Endpoint<SetRoomAccountDataDeps> = {
  operationId: "setRoomTag",
  method: "PUT",
  paths: clientPaths("/user/:userId/rooms/:roomId/tags/:tag", "r0"),
  caller: "user",
  rateLimit: "other",
  body: anyObject,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3useruseridroomsroomidtagstag",

  async handle(deps, { requester, params, body }) {
    const { userId, roomId = "" } = params;
    const ofUser = { userId: requireUserId(userId, "userId"), roomId: requireRoomId(roomId, "roomId") };
    await setRoomTag(deps, requester, ofUser, { name: params["tag"] ?? "", content: body });
    return {};
  },
};
