import type { Clock } from "../../../domain/kernel/clock.ts";
import { eventTexts } from "../../../domain/room-timelines/event-text.ts";
import { type GetThreadsDeps, getThreads } from "../../../domain/room-timelines/get-threads.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { objectText } from "../../../protocol/json-text.ts";
import { type Endpoint, RenderedJson } from "../../endpoint.ts";
import { choiceParameter, optionalParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { limitParameter } from "./page-parameters.ts";

export const getThreadRootsEndpoint: Endpoint<GetThreadsDeps & { readonly clock: Clock }> = {
  operationId: "getThreadRoots",
  method: "GET",
  paths: clientPaths("/rooms/:roomId/threads", "v1"),
  caller: "user",
  rateLimit: "other",
  spec: "https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1roomsroomidthreads",

  async handle(deps, { requester, params: { roomId = "" }, query }) {
    const { roots, nextBatch } = await getThreads(deps, requester, {
      roomId: requireRoomId(roomId, "roomId"),
      participated: choiceParameter(query, "include", ["all", "participated"]) === "participated",
      from: optionalParameter(query, "from"),
      limit: limitParameter(query, 1),
    });
    const members: [string, string][] = [["chunk", eventTexts(roots, { now: deps.clock.now(), withRoomId: true })]];
    if (nextBatch !== undefined) members.push(["next_batch", JSON.stringify(nextBatch)]);
    return new RenderedJson(objectText(members));
  },
};
