import { isJsonObject, type JsonValue } from "../../protocol/json.ts";
import type { PushEvent } from "./push-event.ts";

/** What stands under a path of an event; the content is parsed only when the path leads into it. */
export function propertyAt(event: PushEvent, [first, ...rest]: readonly string[]): JsonValue | undefined {
  let value = topProperty(event, first);
  for (const name of rest) {
    if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function topProperty(event: PushEvent, name: string | undefined): JsonValue | undefined {
  switch (name) {
    case "type":
      return event.type;
    case "sender":
      return event.sender;
    case "room_id":
      return event.roomId;
    case "state_key":
      return event.stateKey;
    case "content":
      return event.content();
    default:
      return undefined;
  }
}
