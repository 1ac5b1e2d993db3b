import { objectText } from "../../protocol/json-text.ts";
import type { RoomEvent } from "../rooms/room-event.ts";

/** JSON text of a state event as who is not in the room gets it. https://spec.matrix.org/v1.19/client-server-api/#stripped-state */
export function strippedEventText({ type, stateKey = "", sender, content }: RoomEvent): string {
  return objectText([
    ["type", JSON.stringify(type)],
    ["state_key", JSON.stringify(stateKey)],
    ["sender", JSON.stringify(sender)],
    ["content", content],
  ]);
}
