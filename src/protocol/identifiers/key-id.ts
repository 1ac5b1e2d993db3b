import { isOpaqueText } from "./opaque-text.ts";

/**
 * Splits a key id `algorithm:id`: exactly one `:`, both sides present, at most 255 bytes in all, no NUL and no lone
 * surrogate. Returns undefined when it is none.
 * https://spec.matrix.org/v1.19/appendices/#cryptographic-key-representation
 */
export function parseKeyId(text: string): { algorithm: string; id: string } | undefined {
  const colon = text.indexOf(":");
  if (colon < 1 || colon === text.length - 1 || text.indexOf(":", colon + 1) !== -1) return undefined;
  if (!isOpaqueText(text)) return undefined;
  return { algorithm: text.slice(0, colon), id: text.slice(colon + 1) };
}
