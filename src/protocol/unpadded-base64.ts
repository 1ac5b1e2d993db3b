/** Bytes as base64 without the trailing `=`: https://spec.matrix.org/v1.19/appendices/#unpadded-base64 */
export function encodeUnpaddedBase64(bytes: Uint8Array): string {
  const padded = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  const surplus = bytes.byteLength % 3;
  return surplus === 0 ? padded : padded.slice(0, surplus - 3);
}

const alphabet = /^[A-Za-z0-9+/]*$/;

/**
 * The bytes of an unpadded base64 text, or undefined when it has padding, a character outside the standard alphabet,
 * or a length that no bytes have. Bits left over in the last character are ignored, as other implementations do.
 */
export function decodeUnpaddedBase64(text: string): Buffer | undefined {
  if (text.length % 4 === 1 || !alphabet.test(text)) return undefined;
  return Buffer.from(text, "base64");
}
