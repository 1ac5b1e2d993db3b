import { type GetJoinedRoomsDeps, getJoinedRooms } from "../../../domain/room-memberships/get-joined-rooms.ts";
import type { Endpoint } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const getJoinedRoomsEndpoint: Endpoint<GetJoinedRoomsDeps> = {
  operationId: "getJoinedRooms",
  method: "GET",
  paths: clientPaths("/joined_rooms", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3joined_rooms",

  async handle(deps, { requester }) {
    return { joined_rooms: await getJoinedRooms(deps, requester) };
  },
};
