import { choice } from "./shapes/scalars.ts";
import { section } from "./shapes/section.ts";
import type { Shape } from "./shapes/shape.ts";

export interface LogConfig {
  readonly level: "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";
  readonly format: "json" | "pretty";
}

export const logShape: Shape<LogConfig> = section("What the server writes about itself.", {
  level: choice(["fatal", "error", "warn", "info", "debug", "trace", "silent"], {
    about: "The least important lines that are written.",
    initial: "info",
  }),
  format: choice(["json", "pretty"], { about: "`json` for machines, `pretty` for people.", initial: "json" }),
});
