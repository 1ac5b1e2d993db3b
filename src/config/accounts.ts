import { choice, flag } from "./shapes/scalars.ts";
import { section } from "./shapes/section.ts";
import type { Shape } from "./shapes/shape.ts";

export interface AccountsConfig {
  readonly passwordHash: "argon2id";
  readonly refreshTokens: boolean;
}

export const accountsShape: Shape<AccountsConfig> = section("Passwords and sessions.", {
  passwordHash: choice(["argon2id"], { about: "How passwords are kept.", initial: "argon2id" }),
  refreshTokens: flag({
    about: "Whether clients that ask for it get access tokens that expire, and a token to refresh them.",
    initial: true,
  }),
});
