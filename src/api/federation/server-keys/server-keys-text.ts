/** The answer of a notary, out of signed objects. */
export function serverKeysText(objects: readonly string[]): string {
  return `{"server_keys":[${objects.join(",")}]}`;
}
