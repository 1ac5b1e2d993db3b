/**
 * Splits a key id `algorithm:id`: exactly one `:`, both sides present, at most 255 characters in all, no NUL and no
 * lone surrogate (neither database could hold them). Returns undefined when it is none.
 * https://spec.matrix.org/v1.19/appendices/#cryptographic-key-representation
 */
export function parseKeyId(text: string): { algorithm: string; id: string } | undefined {
  const colon = text.indexOf(":");
  if (colon < 1 || colon === text.length - 1 || text.length > 255 || text.indexOf(":", colon + 1) !== -1) {
    return undefined;
  }
  if (text.includes("\0") || !text.isWellFormed()) return undefined;
  return { algorithm: text.slice(0, colon), id: text.slice(colon + 1) };
}
