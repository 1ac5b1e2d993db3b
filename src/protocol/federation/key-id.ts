const grammar = /^ed25519:[A-Za-z0-9_]{1,240}$/;

/**
 * Whether this names a key of a server that can be understood here: `ed25519:` and a version.
 * https://spec.matrix.org/v1.19/server-server-api/#publishing-keys
 */
export function isServerKeyId(text: string): boolean {
  return grammar.test(text);
}
