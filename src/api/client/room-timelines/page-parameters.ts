import { parseRoomEventFilter, type RoomEventFilter } from "../../../domain/filters/room-event-filter.ts";
import { isJsonObject, type JsonObject } from "../../../protocol/json.ts";
import { MatrixError } from "../../../protocol/matrix-error.ts";
import { choiceParameter, optionalParameter, type Query, wholeNumberParameter } from "../../reading/query-parameter.ts";

/** Events of the largest page, and of one whose size is not asked for. */
const mostEvents = 100;
const defaultLimit = 10;

/** How many events are asked for: no more than the largest page has, nor than a filter allows. */
export function limitParameter(query: Query, least: 0 | 1, filter?: RoomEventFilter): number {
  const most = filter?.limit ?? mostEvents;
  const limit = wholeNumberParameter(query, "limit", filter?.limit ?? defaultLimit);
  return Math.min(Math.max(limit, least), most);
}

/** @throws MatrixError `M_INVALID_PARAM` */
export function directionParameter(query: Query): "backward" | "forward" | undefined {
  const direction = choiceParameter(query, "dir", ["b", "f"]);
  return direction && (direction === "b" ? "backward" : "forward");
}

/** @throws MatrixError `M_MISSING_PARAM`, `M_INVALID_PARAM` */
export function requiredDirection(query: Query): "backward" | "forward" {
  const direction = directionParameter(query);
  if (direction === undefined) throw new MatrixError("M_MISSING_PARAM", "dir is missing");
  return direction;
}

/** @throws MatrixError `M_INVALID_PARAM` for what is no JSON object, `M_BAD_JSON` naming a wrong member */
export function filterParameter(query: Query): RoomEventFilter {
  return parseRoomEventFilter(parseFilter(optionalParameter(query, "filter") ?? "{}"), "filter");
}

function parseFilter(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Falls through to the refusal, as any other text does that is no object.
  }
  throw new MatrixError("M_INVALID_PARAM", "filter is no JSON object");
}
