import type { Clock } from "../../../domain/kernel/clock.ts";
import { eventText } from "../../../domain/room-timelines/event-text.ts";
import { type GetEventDeps, getEvent } from "../../../domain/room-timelines/get-event.ts";
import { requireEventId } from "../../../protocol/identifiers/event-id.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { type Endpoint, RenderedJson } from "../../endpoint.ts";
import { clientPaths } from "../client-paths.ts";

export const getOneRoomEventEndpoint: Endpoint<GetEventDeps & { readonly clock: Clock }> = {
  operationId: "getOneRoomEvent",
  method: "GET",
  paths: clientPaths("/rooms/:roomId/event/:eventId", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomideventeventid",

  async handle(deps, { requester, params: { roomId = "", eventId = "" } }) {
    const named = { roomId: requireRoomId(roomId, "roomId"), eventId: requireEventId(eventId, "eventId") };
    const shown = await getEvent(deps, requester, named);
    return new RenderedJson(eventText(shown, { now: deps.clock.now(), withRoomId: true }));
  },
};
