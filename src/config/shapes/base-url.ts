/** An address to which paths are appended, without the slash at its end; `undefined` for what is none. */
export function parseBaseUrl(given: string): string | undefined {
  const url = URL.parse(given);
  if (url === null || !/^https?:\/\/[^/?#@\\\s]+(?:\/[^?#@\\\s]*)?$/i.test(given)) return undefined;
  return url.href.replace(/\/+$/, "");
}
