import { type GetMembersDeps, getMembers } from "../../../domain/room-timelines/get-members.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { type Endpoint, StreamedJson } from "../../endpoint.ts";
import { choiceParameter, optionalParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { eventPieces } from "./event-pieces.ts";

const memberships = ["join", "invite", "knock", "leave", "ban"] as const;

export const getMembersByRoomEndpoint: Endpoint<GetMembersDeps> = {
  operationId: "getMembersByRoom",
  method: "GET",
  paths: clientPaths("/rooms/:roomId/members", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmembers",

  async handle(deps, { requester, params: { roomId = "" }, query }) {
    const members = await getMembers(deps, requester, {
      roomId: requireRoomId(roomId, "roomId"),
      at: optionalParameter(query, "at"),
      membership: choiceParameter(query, "membership", memberships),
      notMembership: choiceParameter(query, "not_membership", memberships),
    });
    return new StreamedJson(eventPieces('{"chunk":[', members, "]}", deps.clock));
  },
};
