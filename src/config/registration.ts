import { optional } from "./shapes/leaf.ts";
import { choice, text } from "./shapes/scalars.ts";
import { section } from "./shapes/section.ts";
import type { Shape } from "./shapes/shape.ts";

export interface RegistrationConfig {
  readonly mode: "closed" | "token" | "open";
  /** Without one, mode `token` lets nobody in. */
  readonly token: string | undefined;
}

export const registrationShape: Shape<RegistrationConfig> = section(
  "Who may make an account with a client. `claviger register` always can.",
  {
    mode: choice(["closed", "token", "open"], {
      about: "`closed`: nobody; `token`: who knows the token below; `open`: everybody.",
      initial: "token",
    }),
    token: optional(
      text({
        about: "The token for mode `token`. A random one is made on the first start.",
        initial: null,
        unset: "with mode token, nobody can register",
        secret: true,
        // https://spec.matrix.org/v1.19/client-server-api/#token-authenticated-registration
        allowed: "a text (quoted where it is a number) of 1 to 64 characters: letters, digits and . _ ~ -",
        parse: (given) => (/^[A-Za-z0-9._~-]{1,64}$/.test(given) ? given : undefined),
      }),
    ),
  },
);
