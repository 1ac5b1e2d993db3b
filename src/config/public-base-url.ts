import { optional } from "./shapes/leaf.ts";
import { text } from "./shapes/scalars.ts";
import type { Shape } from "./shapes/shape.ts";

export const publicBaseUrlShape: Shape<string | undefined> = optional(
  text({
    about:
      "The address at which clients reach this server from outside. It is what the server's .well-known file says.",
    initial: null,
    unset: "no .well-known file is served",
    example: "https://matrix.example.org",
    allowed: "an http or https URL without user, query or fragment",
    parse: parseBaseUrl,
  }),
);

/** Returns the URL without a slash at the end, so that a path can be appended. */
function parseBaseUrl(given: string): string | undefined {
  const url = URL.parse(given);
  if (url === null || !/^https?:\/\/[^/?#@\\\s]+(?:\/[^?#@\\\s]*)?$/i.test(given)) return undefined;
  return url.href.replace(/\/+$/, "");
}
