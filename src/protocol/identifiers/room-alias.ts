import { MatrixError } from "../matrix-error.ts";
import { isOpaqueText } from "./opaque-text.ts";
import { parseServerName, type ServerName } from "./server-name.ts";

declare const brand: unique symbol;

/** `#localpart:server`, at most 255 bytes. https://spec.matrix.org/v1.19/appendices/#room-aliases */
export type RoomAlias = string & { readonly [brand]: "RoomAlias" };

/** Returns undefined when it is none. */
export function parseRoomAlias(text: unknown): RoomAlias | undefined {
  if (typeof text !== "string" || !text.startsWith("#") || !isOpaqueText(text)) return undefined;
  const colon = text.indexOf(":");
  return colon > 1 && parseServerName(text.slice(colon + 1)) !== undefined ? (text as RoomAlias) : undefined;
}

/**
 * @param where the member or parameter that holds it, for the message
 * @throws MatrixError M_INVALID_PARAM
 */
export function requireRoomAlias(text: unknown, where: string): RoomAlias {
  const alias = parseRoomAlias(text);
  if (alias !== undefined) return alias;
  throw new MatrixError("M_INVALID_PARAM", `${where} must be a room alias: #name:server, at most 255 bytes`);
}

/** The server that keeps an alias. */
export function serverNameOfAlias(alias: RoomAlias): ServerName {
  return alias.slice(alias.indexOf(":") + 1) as ServerName;
}
