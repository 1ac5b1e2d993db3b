import type { Clock } from "../../../domain/kernel/clock.ts";
import { eventText } from "../../../domain/room-timelines/event-text.ts";
import { type GetStateDeps, getStateEvent } from "../../../domain/room-timelines/get-state.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { type Endpoint, RenderedJson } from "../../endpoint.ts";
import { choiceParameter } from "../../reading/query-parameter.ts";
import { stateEventPaths } from "./state-event-paths.ts";

export const getRoomStateWithKeyEndpoint: Endpoint<GetStateDeps & { readonly clock: Clock }> = {
  operationId: "getRoomStateWithKey",
  method: "GET",
  paths: stateEventPaths,
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidstateeventtypestatekey",

  async handle(deps, { requester, params, query }) {
    const { roomId = "", eventType: type = "", stateKey = "" } = params;
    const format = choiceParameter(query, "format", ["content", "event"]) ?? "content";
    const place = { roomId: requireRoomId(roomId, "roomId"), type, stateKey };
    const shown = await getStateEvent(deps, requester, place);
    if (format === "content") return new RenderedJson(shown.event.content);
    return new RenderedJson(eventText(shown, { now: deps.clock.now(), withRoomId: true }));
  },
};
