import { choice, flag } from "./shapes/scalars.ts";
import { section } from "./shapes/section.ts";
import type { Shape } from "./shapes/shape.ts";

export interface CompatibilityConfig {
  readonly msc4072: boolean;
  readonly msc4420Errcode: "unstable" | "stable";
  readonly msc2732DraftNames: boolean;
  readonly msc3983: boolean;
  readonly msc3984: boolean;
}

export const compatibilityShape: Shape<CompatibilityConfig> = section("Proposals that can be switched.", {
  msc4072: flag({
    about:
      "Claims name every device asked for, with `{}` where it has no key; false leaves it out, as older servers do.",
    initial: true,
  }),
  msc4420Errcode: choice(["unstable", "stable"], {
    about: "The name of the error for a one-time key id that exists with another key.",
    initial: "unstable",
  }),
  msc2732DraftNames: flag({
    about: "Whether /sync also carries the names that fallback keys had in the draft, for old clients.",
    initial: true,
  }),
  msc3983: flag({ about: "Whether claims of one-time keys are sent on to application services.", initial: true }),
  msc3984: flag({ about: "Whether queries for keys are sent on to application services.", initial: true }),
});
