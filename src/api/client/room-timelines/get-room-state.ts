import type { Clock } from "../../../domain/kernel/clock.ts";
import { type GetStateDeps, getState } from "../../../domain/room-timelines/get-state.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { type Endpoint, StreamedJson } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";
import { eventPieces } from "./event-pieces.ts";

export const getRoomStateEndpoint: Endpoint<GetStateDeps & { readonly clock: Clock }> = {
  operationId: "getRoomState",
  method: "GET",
  paths: clientPaths("/rooms/:roomId/state", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstate",

  async handle(deps, { requester, params: { roomId = "" } }) {
    const state = await getState(deps, requester, requireRoomId(roomId, "roomId"));
    return new StreamedJson(eventPieces("[", state, "]", deps.clock));
  },
};
