import { MatrixError } from "../matrix-error.ts";
import { shownText, shownValue } from "../shown-text.ts";
import { isOpaqueText } from "./opaque-text.ts";
import { parseServerName, type ServerName } from "./server-name.ts";

declare const brand: unique symbol;

/** `@localpart:server`, at most 255 bytes. */
export type UserId = string & { readonly [brand]: "UserId" };

const newLocalpart = /^[a-z0-9._=/+-]+$/;

/**
 * Parses a user id of any server by the historical grammar: every localpart without `:` and NUL, the empty one too.
 * Returns undefined when it is none. https://spec.matrix.org/v1.19/appendices/#historical-user-ids
 */
export function parseUserId(text: unknown): UserId | undefined {
  if (typeof text !== "string" || text.charCodeAt(0) !== 0x40 || !isOpaqueText(text)) return undefined;
  const colon = text.indexOf(":");
  if (colon === -1 || parseServerName(text.slice(colon + 1)) === undefined) return undefined;
  return text as UserId;
}

/**
 * As `parseUserId`, for a value that must be one.
 *
 * @param where the member or parameter that holds it, for the message
 * @throws MatrixError M_INVALID_PARAM
 */
export function requireUserId(text: unknown, where: string): UserId {
  const userId = parseUserId(text);
  if (userId !== undefined) return userId;
  throw new MatrixError("M_INVALID_PARAM", `${where}: ${shownValue(text)} is not a valid user ID`);
}

/** Says whether a localpart may be given to a new user: https://spec.matrix.org/v1.19/appendices/#user-identifiers */
export function isValidNewLocalpart(localpart: string): boolean {
  return newLocalpart.test(localpart);
}

/**
 * Puts a user id together.
 *
 * @throws MatrixError M_INVALID_USERNAME when the localpart has a `:` or NUL, or the id would be over 255 bytes
 */
export function makeUserId(localpart: string, serverName: ServerName): UserId {
  const userId = localpart.includes(":") ? undefined : parseUserId(`@${localpart}:${serverName}`);
  if (userId !== undefined) return userId;
  throw new MatrixError("M_INVALID_USERNAME", `"${shownText(localpart)}" cannot be the name of a user here`);
}

/** The server that a user lives on. */
export function serverNameOf(userId: UserId): ServerName {
  return userId.slice(userId.indexOf(":") + 1) as ServerName;
}

/** What stands between `@` and the first `:`. */
export function localpartOf(userId: UserId): string {
  return userId.slice(1, userId.indexOf(":"));
}
