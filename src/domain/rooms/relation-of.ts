import { isEventId } from "../../protocol/identifiers/event-id.ts";
import { isOpaqueText } from "../../protocol/identifiers/opaque-text.ts";
import { isJsonObject, type JsonObject } from "../../protocol/json.ts";
import type { Relation } from "./event-store.ts";

/** What an event relates to: https://spec.matrix.org/v1.19/client-server-api/#forming-relationships-between-events */
export function relationOf(content: JsonObject): Relation | undefined {
  const relatesTo = content["m.relates_to"];
  if (!isJsonObject(relatesTo)) return undefined;
  const { rel_type: relType, event_id: parentId, key } = relatesTo;
  if (typeof relType !== "string" || !isOpaqueText(relType) || !isEventId(parentId)) return undefined;
  return relType === "m.annotation" && typeof key === "string" ? { parentId, relType, key } : { parentId, relType };
}
