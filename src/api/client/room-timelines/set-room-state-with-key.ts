import { type SetStateEventDeps, setStateEvent } from "../../../domain/room-timelines/set-state-event.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import type { Endpoint } from "../../endpoint.ts";
import { anyObject } from "../../reading/json-schema.ts";
import { massagedTimestamp } from "./massaged-timestamp.ts";
import { stateEventPaths } from "./state-event-paths.ts";

export const setRoomStateWithKeyEndpoint: Endpoint<SetStateEventDeps> = {
  operationId: "setRoomStateWithKey",
  method: "PUT",
  paths: stateEventPaths,
  caller: "user",
  rateLimit: "messages",
  body: anyObject,
  spec: "https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey",

  async handle(deps, { requester, params, query, body }) {
    const { roomId = "", eventType = "", stateKey = "" } = params;
    const eventId = await setStateEvent(deps, requester, {
      roomId: requireRoomId(roomId, "roomId"),
      type: eventType,
      stateKey,
      content: body,
      originServerTs: massagedTimestamp(deps.clock, requester, query),
    });
    return { event_id: eventId };
  },
};
