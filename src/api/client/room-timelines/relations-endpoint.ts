import type { Clock } from "../../../domain/kernel/clock.ts";
import { eventTexts } from "../../../domain/room-timelines/event-text.ts";
import {
  type GetRelationsDeps,
  getRelations,
  type RelationsPage,
} from "../../../domain/room-timelines/get-relations.ts";
import { requireEventId } from "../../../protocol/identifiers/event-id.ts";
import { requireRoomId } from "../../../protocol/identifiers/room-id.ts";
import { objectText } from "../../../protocol/json-text.ts";
import { type Endpoint, RenderedJson } from "../../endpoint.ts";
import { choiceParameter, optionalParameter } from "../../reading/query-parameter.ts";
import { clientPaths } from "../client-paths.ts";
import { directionParameter, limitParameter } from "./page-parameters.ts";

export type RelationsDeps = GetRelationsDeps & { readonly clock: Clock };

/** The three endpoints that list what relates to an event differ in how much their path says. */
export function relationsEndpoint(
  operationId: string,
  path: "" | "/:relType" | "/:relType/:eventType",
  spec: string,
): Endpoint<RelationsDeps> {
  return {
    operationId,
    method: "GET",
    paths: clientPaths(`/rooms/:roomId/relations/:eventId${path}`, "v1"),
    caller: "user",
    rateLimit: "other",
    spec,

    async handle(deps, { requester, params, query }) {
      const { roomId = "", eventId = "", relType, eventType } = params;
      const page = await getRelations(deps, requester, {
        roomId: requireRoomId(roomId, "roomId"),
        eventId: requireEventId(eventId, "eventId"),
        relType,
        type: eventType,
        direction: directionParameter(query) ?? "backward",
        from: optionalParameter(query, "from"),
        to: optionalParameter(query, "to"),
        limit: limitParameter(query, 1),
        recurse: choiceParameter(query, "recurse", ["true", "false"]) === "true",
      });
      return new RenderedJson(pageText(page, deps.clock.now()));
    },
  };
}

function pageText({ events, nextBatch, prevBatch, recursionDepth }: RelationsPage, now: number): string {
  const members: [string, string][] = [["chunk", eventTexts(events, { now, withRoomId: true })]];
  if (nextBatch !== undefined) members.push(["next_batch", JSON.stringify(nextBatch)]);
  if (prevBatch !== undefined) members.push(["prev_batch", JSON.stringify(prevBatch)]);
  if (recursionDepth !== undefined) members.push(["recursion_depth", String(recursionDepth)]);
  return objectText(members);
}
