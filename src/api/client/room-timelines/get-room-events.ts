import type { Clock } from "../../../domain/kernel/clock.ts";
import { eventTexts } from "../../../domain/room-timelines/event-text.ts";
import { type GetMessagesDeps, getMessages } from "../../../domain/room-timelines/get-messages.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { objectText } from "../../../protocol/json-text.ts";
import { type Endpoint, RenderedJson } from "../../endpoint.ts";
import { optionalParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { filterParameter, limitParameter, requiredDirection } from "./page-parameters.ts";

export const getRoomEventsEndpoint: Endpoint<GetMessagesDeps & { readonly clock: Clock }> = {
  operationId: "getRoomEvents",
  method: "GET",
  paths: clientPaths("/rooms/:roomId/messages", "r0"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3roomsroomidmessages",

  async handle(deps, { requester, params: { roomId = "" }, query }) {
    const filter = filterParameter(query);
    const page = await getMessages(deps, requester, {
      roomId: requireRoomId(roomId, "roomId"),
      direction: requiredDirection(query),
      from: optionalParameter(query, "from"),
      to: optionalParameter(query, "to"),
      limit: limitParameter(query, 1, filter),
      filter,
    });
    const format = { now: deps.clock.now(), withRoomId: true };
    const members: [string, string][] = [
      ["start", JSON.stringify(page.start)],
      ["chunk", eventTexts(page.events, format)],
    ];
    if (page.end !== undefined) members.push(["end", JSON.stringify(page.end)]);
    if (page.state) members.push(["state", eventTexts(page.state, format)]);
    return new RenderedJson(objectText(members));
  },
};
