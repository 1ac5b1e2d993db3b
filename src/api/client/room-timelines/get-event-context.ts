import type { Clock } from "../../../domain/kernel/clock.ts";
import { eventText, eventTexts } from "../../../domain/room-timelines/event-text.ts";
import { type GetContextDeps, getContext } from "../../../domain/room-timelines/get-context.ts";
import { requireEventId } from "../../../protocol/identifiers/event-id.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { type Endpoint, StreamedJson } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";
import { eventPieces } from "./event-pieces.ts";
import { filterParameter, limitParameter } from "./page-parameters.ts";

export const getEventContextEndpoint: Endpoint<GetContextDeps & { readonly clock: Clock }> = {
  operationId: "getEventContext",
  method: "GET",
  paths: clientPaths("/rooms/:roomId/context/:eventId", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidcontexteventid",

  async handle(deps, { requester, params: { roomId = "", eventId = "" }, query }) {
    const filter = filterParameter(query);
    const context = await getContext(deps, requester, {
      roomId: requireRoomId(roomId, "roomId"),
      eventId: requireEventId(eventId, "eventId"),
      limit: limitParameter(query, 0, filter),
      filter,
    });
    const format = { now: deps.clock.now(), withRoomId: true };
    const { start, end, before, event, after, state } = context;
    const beforeState =
      `{"start":${JSON.stringify(start)},"end":${JSON.stringify(end)},"events_before":${eventTexts(before, format)},` +
      `"event":${eventText(event, format)},"events_after":${eventTexts(after, format)},"state":[`;
    return new StreamedJson(eventPieces(beforeState, state, "]}", deps.clock));
  },
};
