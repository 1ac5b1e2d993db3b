import { parseBaseUrl } from "./shapes/base-url.ts";
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
