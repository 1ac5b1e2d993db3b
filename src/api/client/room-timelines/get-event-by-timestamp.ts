import {
  type GetEventByTimestampDeps,
  getEventByTimestamp,
} from "../../../domain/room-timelines/get-event-by-timestamp.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { requiredParameter, wholeNumberParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { requiredDirection } from "./page-parameters.ts";

export const getEventByTimestampEndpoint: Endpoint<GetEventByTimestampDeps> = {
  operationId: "getEventByTimestamp",
  method: "GET",
  paths: clientPaths("/rooms/:roomId/timestamp_to_event", "v1"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidtimestamp_to_event",

  async handle(deps, { requester, params: { roomId = "" }, query }) {
    requiredParameter(query, "ts");
    const event = await getEventByTimestamp(deps, requester, {
      roomId: requireRoomId(roomId, "roomId"),
      time: wholeNumberParameter(query, "ts", 0),
      direction: requiredDirection(query),
    });
    return { event_id: event.eventId, origin_server_ts: event.originServerTs };
  },
};
