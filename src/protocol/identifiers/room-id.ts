import { MatrixError } from "../matrix-error.ts";
import { isOpaqueText } from "./opaque-text.ts";

declare const brand: unique symbol;

/** Opaque but for the `!` that it begins with, at most 255 bytes. https://spec.matrix.org/v1.19/appendices/#room-ids */
export type RoomId = string & { readonly [brand]: "RoomId" };

/**
 * @param where the member or parameter that holds it, for the message
 * @throws MatrixError M_INVALID_PARAM
 */
export function requireRoomId(text: string, where: string): RoomId {
  if (text.startsWith("!") && isOpaqueText(text)) return text as RoomId;
  throw new MatrixError("M_INVALID_PARAM", `${where} must be a room id: at most 255 bytes that begin with !`);
}
