import { MatrixError } from "../matrix-error.ts";
import { isOpaqueText } from "./opaque-text.ts";

declare const brand: unique symbol;

/** `$` and the reference hash of the event. https://spec.matrix.org/v1.19/appendices/#event-ids */
export type EventId = string & { readonly [brand]: "EventId" };

/** Of any room version: opaque but for the `$`, at most 255 bytes. */
export function isEventId(text: unknown): text is EventId {
  return typeof text === "string" && text.startsWith("$") && isOpaqueText(text);
}

/**
 * @param where the member or parameter that holds it, for the message
 * @throws MatrixError M_INVALID_PARAM
 */
export function requireEventId(text: unknown, where: string): EventId {
  if (isEventId(text)) return text;
  throw new MatrixError("M_INVALID_PARAM", `${where} must be an event id: at most 255 bytes that begin with $`);
}
